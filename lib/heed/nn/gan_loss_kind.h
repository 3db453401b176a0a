#pragma once

#include <span>
#include <string_view>

namespace heed {

enum class GanLoss {
  rpgan,    ///< relativistic pairing (Jolicoeur-Martineau 2020, Huang et al. 2024): each fake against one real picture
  hinge,    ///< Lim and Ye 2017, Miyato et al. 2018
  nonsat,   ///< non-saturating logistic (Goodfellow et al. 2014)
  lsgan,    ///< least squares to 1 for real and 0 for fake, halved (Mao et al. 2017)
  wgan_gp,  ///< Wasserstein (Arjovsky et al. 2017), to be used with wgan_penalty() (Gulrajani et al. 2017)
};
inline std::span<const std::string_view> enum_names(GanLoss) {
  static constexpr std::string_view names[] = {"rpgan", "hinge", "nonsat", "lsgan", "wgan-gp"};
  return names;
}

}  // namespace heed
