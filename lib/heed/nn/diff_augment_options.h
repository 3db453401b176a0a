#pragma once

#include <algorithm>
#include <cstdint>

#include "heed/base/fields.h"

namespace heed {

/// What augmentation (heed/nn/diff_augment.h) does.
struct DiffAugmentOptions {
  double p = 1;  ///< share of the pictures that are changed, by all operations that are on
  bool color = true, translation = true, cutout = true;
};

template <OptionsOf<DiffAugmentOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("aug-p", o.p, "share of the pictures that the augmentation changes (0 = off, -1 = by the number of pictures)");
  visit("aug-color", o.color, "augment brightness, saturation and contrast");
  visit("aug-translation", o.translation, "shift pictures by up to an eighth of their size");
  visit("aug-cutout", o.cutout, "blank a square of half the picture's size");
}

/// A share for a set of so many pictures: 0.3 for few, falling to none for 100,000 and more.
inline double diff_augment_probability(std::int64_t images) {
  return std::max(0.0, (1e5 - static_cast<double>(images)) * 3e-6);
}

}  // namespace heed
