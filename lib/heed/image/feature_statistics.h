#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

/// Distances between two sets of pictures, each given by the features of its pictures. All sums are in double.
namespace heed {

/// One row of `width` features for each picture; the numbers belong to somebody else.
struct FeatureTable {
  std::span<const float> values;
  std::int64_t width = 0;
  std::int64_t count() const { return width == 0 ? 0 : static_cast<std::int64_t>(values.size()) / width; }
};

/// Told now and then how much of the work is done.
using OnProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// The normal distribution that a set is replaced by.
struct FeatureGaussian {
  std::vector<double> mean;        ///< [width]
  std::vector<double> covariance;  ///< [width, width], divided by count - 1
};
/// Throws Error(data) for fewer than two pictures.
FeatureGaussian feature_gaussian(const FeatureTable& features);

/// |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), the squared Frechet distance (Dowson and Landau 1982; FID: Heusel et
/// al. 2017). The trace of the root is the sum of the singular values of C1^(1/2) C2^(1/2), the roots being those of
/// symmetric matrices: singular covariances do no harm, and no eigenvalue is squared, which would lose the small ones.
double frechet_distance(const FeatureGaussian& a, const FeatureGaussian& b);

/// An affine map, x -> matrix (x - mean).
struct FeatureWhitening {
  std::vector<double> mean;    ///< [width]
  std::vector<double> matrix;  ///< [width, width]
};
/// The map that makes a set's spread alike in all directions, but for those in which it hardly varies: the inverse root
/// of its covariance C + s I with s a tenth of the mean variance. Features of a random network need it: nearly all of
/// their spread is that of mean colours, which hides shapes. Of a set with less than a few hundred pictures it also
/// fits what is chance. Throws Error(data) for fewer than two pictures.
FeatureWhitening feature_whitening(const FeatureTable& reference);
/// Maps features [count, width] in place.
void whiten(std::span<float> features, const FeatureWhitening& whitening);

/// How the maximum mean discrepancy is estimated (Binkowski et al. 2018).
struct KidOptions {
  std::int64_t subsets = 100, subset_size = 1000;  ///< as published; at most half of the smaller set is drawn
  std::int64_t whole_up_to = 5000;                 ///< pictures of the larger set up to which all are compared with all
  std::uint64_t seed = 0;                          ///< of the subsets
};
struct KidEstimate {
  double value = 0;      ///< over the whole sets if they were compared, else the mean over the subsets
  double deviation = 0;  ///< standard deviation over the subsets
  std::int64_t subsets = 0, subset_size = 0;
  bool whole = false;
};
/// Unbiased squared maximum mean discrepancy with the kernel (x . y / width + 1)^3. Unbiased: equal distributions give
/// zero on average, hence now and then less. Throws Error(data) for fewer than two pictures.
double kid(const FeatureTable& real, const FeatureTable& fake);
KidEstimate estimate_kid(const FeatureTable& real, const FeatureTable& fake, const KidOptions& options,
                         const OnProgress& on_progress = {});

/// Shares of pictures, 0 to 1 (Kynkaanniemi et al. 2019).
struct PrecisionRecall {
  double precision = 0;  ///< fakes within the reals: how many are good
  double recall = 0;     ///< reals within the fakes: how much of the variety is there
};
/// A picture is within a set when it is no farther from some picture of the set than that one's `neighbours`-th nearest
/// other picture of the set. Throws Error(data) unless both sets have more than `neighbours` pictures.
PrecisionRecall precision_recall(const FeatureTable& real, const FeatureTable& fake, std::int64_t neighbours = 3,
                                 const OnProgress& on_progress = {});

}  // namespace heed
