#include "heed/image/feature_statistics.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/base/progress.h"
#include "heed/base/random.h"

namespace heed {
namespace {

// Rows that are computed with at once: wide enough for fast matrix products, and memory stays bounded.
constexpr std::int64_t kRows = 512, kColumns = 4096;
// Of the mean variance, added to all: directions without spread are mostly rounding and chance.
constexpr double kShrinkage = 0.1;
constexpr std::uint64_t kSubsetPurpose = 0x6B6964;

void require_pictures(const FeatureTable& features, std::int64_t least) {
  if (features.count() >= least) return;
  throw data_error("a set of " + format_count(features.count()) + " pictures is too small to be compared: at least " +
                   format_count(least) + " are needed");
}

at::Tensor rows(const FeatureTable& features, std::int64_t first, std::int64_t count) {
  const at::Tensor floats = at::empty({count, features.width});
  std::memcpy(floats.mutable_data_ptr(), features.values.data() + first * features.width, floats.nbytes());
  return floats.to(at::kDouble);  // [count, width]
}

/// Calls `work(first, count)` for one part after the other.
template <class Work>
void in_parts(std::int64_t size, std::int64_t part, Work&& work) {
  for (std::int64_t first = 0; first < size; first += part) work(first, std::min(part, size - first));
}

at::Tensor mean_of(const FeatureTable& features) {
  const at::Tensor sum = at::zeros({features.width}, at::kDouble);
  in_parts(features.count(), kColumns,
           [&](std::int64_t first, std::int64_t count) { sum.add_(rows(features, first, count).sum(0)); });
  return sum / static_cast<double>(features.count());  // [width]
}

at::Tensor as_tensor(const std::vector<double>& values) {
  const at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::kDouble);
  if (!values.empty()) std::memcpy(tensor.mutable_data_ptr(), values.data(), tensor.nbytes());
  return tensor;
}

std::vector<double> as_vector(const at::Tensor& tensor) {
  const at::Tensor values = tensor.contiguous();
  const double* first = values.const_data_ptr<double>();
  return {first, first + values.numel()};
}

/// Eigenvalues of a positive semidefinite matrix that are nothing but rounding are zero: their roots would add up.
at::Tensor without_rounding(const at::Tensor& eigenvalues) {
  const double noise = eigenvalues.abs().max().item<double>() * static_cast<double>(eigenvalues.numel()) *
                       std::numeric_limits<double>::epsilon();
  return eigenvalues.where(eigenvalues > noise, at::zeros({}, at::kDouble));
}

at::Tensor symmetric_root(const at::Tensor& matrix) {
  const auto [values, vectors] = at::linalg_eigh(matrix);
  return (vectors * without_rounding(values).sqrt()).matmul(vectors.t());  // [width, width]
}

/// For each of the S columns of weights: the sum over i and j of x_weights[i] k(x_i, y_j) y_weights[j]. Of a set with
/// itself the pairs i = j are left out, as the unbiased estimate asks for.
at::Tensor kernel_sums(const FeatureTable& x, const at::Tensor& x_weights, const FeatureTable& y,
                       const at::Tensor& y_weights, bool same, const OnProgress& on_progress) {
  const at::Tensor sums = at::zeros({x_weights.size(1)}, at::kDouble);  // [S]
  in_parts(x.count(), kRows, [&](std::int64_t first_x, std::int64_t count_x) {
    const at::Tensor block = rows(x, first_x, count_x) / static_cast<double>(x.width);  // [X, width]
    const at::Tensor along_y = at::zeros({count_x, sums.size(0)}, at::kDouble);         // [X, S]
    in_parts(y.count(), kColumns, [&](std::int64_t first_y, std::int64_t count_y) {
      const at::Tensor inner = block.matmul(rows(y, first_y, count_y).t()).add_(1);  // [X, Y]
      at::Tensor kernel = inner * inner;
      kernel.mul_(inner);
      if (same) {
        const std::int64_t begin = std::max(first_x, first_y), end = std::min(first_x + count_x, first_y + count_y);
        if (begin < end)
          kernel.narrow(0, begin - first_x, end - begin).narrow(1, begin - first_y, end - begin).diagonal().zero_();
      }
      along_y.addmm_(kernel, y_weights.narrow(0, first_y, count_y));
    });
    sums.add_((along_y * x_weights.narrow(0, first_x, count_x)).sum(0));
    if (on_progress) on_progress(first_x + count_x, x.count());
  });
  return sums;
}

/// Unbiased estimates for each column: weights are 1 for the pictures of that column's subset, 0 for others.
at::Tensor discrepancies(const FeatureTable& real, const at::Tensor& real_weights, const FeatureTable& fake,
                         const at::Tensor& fake_weights, const OnProgress& on_progress = {}) {
  std::int64_t before = 0;
  const std::int64_t total = 2 * real.count() + fake.count();
  const auto sums = [&](const FeatureTable& x, const at::Tensor& wx, const FeatureTable& y, const at::Tensor& wy,
                        bool same) {
    const at::Tensor result = kernel_sums(x, wx, y, wy, same, [&](std::int64_t done, std::int64_t) {
      if (on_progress) on_progress(before + done, total);
    });
    before += x.count();
    return result;
  };
  const at::Tensor m = real_weights.sum(0), n = fake_weights.sum(0);  // [S]
  return sums(real, real_weights, real, real_weights, true) / (m * (m - 1)) +
         sums(fake, fake_weights, fake, fake_weights, true) / (n * (n - 1)) -
         sums(real, real_weights, fake, fake_weights, false) * 2 / (m * n);  // [S]
}

at::Tensor ones(std::int64_t count) {
  return at::ones({count, 1}, at::kDouble);
}

/// The places of subset number `subset`; `side` tells the two sets apart.
std::vector<std::int64_t> draw_subset(std::int64_t size, const KidEstimate& plan, std::int64_t subset,
                                      std::uint64_t side, std::uint64_t seed) {
  const KeyedPermutation permutation(static_cast<std::uint64_t>(size),
                                     make_key(seed, kSubsetPurpose, 2 * static_cast<std::uint64_t>(subset) + side));
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < plan.subset_size; ++i)
    places.push_back(static_cast<std::int64_t>(permutation(static_cast<std::uint64_t>(i))));
  return places;
}

/// [count, 1 + subsets]: all pictures, then those of each subset.
at::Tensor subset_weights(std::int64_t count, const KidEstimate& plan, std::uint64_t side, std::uint64_t seed) {
  const at::Tensor weights = at::zeros({1 + plan.subsets, count}, at::kDouble);
  weights[0].fill_(1);
  double* values = weights.mutable_data_ptr<double>();
  for (std::int64_t subset = 0; subset < plan.subsets; ++subset)
    for (const std::int64_t place : draw_subset(count, plan, subset, side, seed))
      values[(1 + subset) * count + place] = 1;
  return weights.t().contiguous();
}

/// The features of a few pictures.
struct OwnTable {
  std::vector<float> values;
  std::int64_t width;
  FeatureTable table() const { return {values, width}; }
};
OwnTable gather(const FeatureTable& features, const std::vector<std::int64_t>& places) {
  OwnTable own{{}, features.width};
  for (const std::int64_t place : places) {
    const auto row = features.values.subspan(static_cast<std::size_t>(place * features.width),
                                             static_cast<std::size_t>(features.width));
    own.values.insert(own.values.end(), row.begin(), row.end());
  }
  return own;
}

/// Squared distances between sets, shifted to a common centre, so that little is lost when products are subtracted.
class Distances {
 public:
  Distances(const FeatureTable& real, const FeatureTable& fake) : centre_((mean_of(real) + mean_of(fake)) / 2) {
    for (const FeatureTable* set : {&real, &fake})
      in_parts(set->count(), kColumns, [&](std::int64_t first, std::int64_t count) {
        largest_ = std::max(largest_, norms(centred(*set, first, count)).max().item<double>());
      });
  }

  /// [count, all of y] from the pictures `first` and on of x.
  at::Tensor operator()(const FeatureTable& x, std::int64_t first, std::int64_t count, const FeatureTable& y) const {
    const at::Tensor block = centred(x, first, count);  // [X, width]
    const at::Tensor own = norms(block).unsqueeze(1);   // [X, 1]
    const at::Tensor squares = at::empty({count, y.count()}, at::kDouble);
    in_parts(y.count(), kColumns, [&](std::int64_t first_y, std::int64_t count_y) {
      const at::Tensor other = centred(y, first_y, count_y);  // [Y, width]
      squares.narrow(1, first_y, count_y).copy_(block.matmul(other.t()).mul_(-2).add_(own).add_(norms(other)));
    });
    return squares;
  }

  /// What rounding may make of a distance of zero: pictures that are there twice are at no distance.
  double rounding() const { return largest_ * 1e-12; }

  static std::int64_t rows_at_once(const FeatureTable& y) {
    constexpr std::int64_t kNumbers = 8'000'000;
    return std::clamp<std::int64_t>(kNumbers / y.count(), 16, kRows);
  }

 private:
  at::Tensor centred(const FeatureTable& x, std::int64_t first, std::int64_t count) const {
    return rows(x, first, count).sub_(centre_);
  }
  static at::Tensor norms(const at::Tensor& x) { return x.square().sum(1); }

  at::Tensor centre_;
  double largest_ = 0;
};

/// Squared distance of each picture to its k-th nearest other one: [count].
at::Tensor radii(const Distances& distances, const FeatureTable& set, std::int64_t k, const OnProgress& on_progress) {
  std::vector<at::Tensor> parts;
  in_parts(set.count(), Distances::rows_at_once(set), [&](std::int64_t first, std::int64_t count) {
    const at::Tensor squares = distances(set, first, count, set);
    squares.narrow(1, first, count).diagonal().fill_(std::numeric_limits<double>::infinity());
    parts.push_back(std::get<0>(squares.kthvalue(k, 1)));
    on_progress(first + count, set.count());
  });
  return at::cat(parts);
}

/// Share of the pictures of x that are within the set.
double share_within(const Distances& distances, const FeatureTable& x, const FeatureTable& set,
                    const at::Tensor& radius, const OnProgress& on_progress) {
  std::int64_t within = 0;
  const at::Tensor limit = radius + distances.rounding();
  in_parts(x.count(), Distances::rows_at_once(set), [&](std::int64_t first, std::int64_t count) {
    within += distances(x, first, count, set).le(limit).any(1).sum().item<std::int64_t>();
    on_progress(first + count, x.count());
  });
  return static_cast<double>(within) / static_cast<double>(x.count());
}

}  // namespace

FeatureGaussian feature_gaussian(const FeatureTable& features) {
  require_pictures(features, 2);
  const at::Tensor mean = mean_of(features);
  const at::Tensor covariance = at::zeros({features.width, features.width}, at::kDouble);
  in_parts(features.count(), kColumns, [&](std::int64_t first, std::int64_t count) {
    const at::Tensor centred = rows(features, first, count) - mean;  // [count, width]
    covariance.addmm_(centred.t(), centred);
  });
  covariance.div_(static_cast<double>(features.count() - 1));
  return {as_vector(mean), as_vector(covariance)};
}

double frechet_distance(const FeatureGaussian& a, const FeatureGaussian& b) {
  const auto width = static_cast<std::int64_t>(a.mean.size());
  const at::Tensor a_covariance = as_tensor(a.covariance).view({width, width});
  const at::Tensor b_covariance = as_tensor(b.covariance).view({width, width});
  const at::Tensor product = symmetric_root(a_covariance).matmul(symmetric_root(b_covariance));  // [width, width]
  const double root_trace = at::linalg_svdvals(product).sum().item<double>();
  const double shift = (as_tensor(a.mean) - as_tensor(b.mean)).square().sum().item<double>();
  const double traces = a_covariance.trace().item<double>() + b_covariance.trace().item<double>();
  return std::max(0.0, shift + traces - 2 * root_trace);
}

FeatureWhitening feature_whitening(const FeatureTable& reference) {
  const FeatureGaussian gaussian = feature_gaussian(reference);
  const at::Tensor covariance = as_tensor(gaussian.covariance).view({reference.width, reference.width});
  const double variance = covariance.trace().item<double>() / static_cast<double>(reference.width);
  const auto [values, vectors] = at::linalg_eigh(covariance);
  // Pictures that are all the same have no spread to go by.
  const at::Tensor scales =
      variance > 0 ? values.clamp_min(0).add(kShrinkage * variance).rsqrt() : at::ones_like(values);  // [width]
  return {gaussian.mean, as_vector((vectors * scales).matmul(vectors.t()))};
}

void whiten(std::span<float> features, const FeatureWhitening& whitening) {
  const FeatureTable table{features, static_cast<std::int64_t>(whitening.mean.size())};
  const at::Tensor mean = as_tensor(whitening.mean);                                           // [width]
  const at::Tensor matrix = as_tensor(whitening.matrix).view({table.width, table.width}).t();  // [width, width]
  in_parts(table.count(), kColumns, [&](std::int64_t first, std::int64_t count) {
    const at::Tensor mapped = (rows(table, first, count) - mean).matmul(matrix).to(at::kFloat);  // [count, width]
    std::memcpy(features.data() + first * table.width, mapped.const_data_ptr(), mapped.nbytes());
  });
}

double kid(const FeatureTable& real, const FeatureTable& fake) {
  require_pictures(real, 2);
  require_pictures(fake, 2);
  return discrepancies(real, ones(real.count()), fake, ones(fake.count()))[0].item<double>();
}

KidEstimate estimate_kid(const FeatureTable& real, const FeatureTable& fake, const KidOptions& options,
                         const OnProgress& on_progress) {
  require_pictures(real, 2);
  require_pictures(fake, 2);
  const std::int64_t smaller = std::min(real.count(), fake.count()), larger = std::max(real.count(), fake.count());
  KidEstimate result;
  result.subsets = options.subsets;
  result.subset_size = std::min(options.subset_size, std::max<std::int64_t>(2, smaller / 2));
  result.whole = larger <= options.whole_up_to;
  at::Tensor values;  // [subsets]
  if (result.whole) {
    const at::Tensor all = discrepancies(real, subset_weights(real.count(), result, 0, options.seed), fake,
                                         subset_weights(fake.count(), result, 1, options.seed), on_progress);
    result.value = all[0].item<double>();
    values = all.narrow(0, 1, result.subsets);
  } else {
    values = at::empty({result.subsets}, at::kDouble);
    for (std::int64_t subset = 0; subset < result.subsets; ++subset) {
      const OwnTable reals = gather(real, draw_subset(real.count(), result, subset, 0, options.seed));
      const OwnTable fakes = gather(fake, draw_subset(fake.count(), result, subset, 1, options.seed));
      values[subset] = kid(reals.table(), fakes.table());
      if (on_progress) on_progress(subset + 1, result.subsets);
    }
    result.value = values.mean().item<double>();
  }
  result.deviation = values.std(/*unbiased=*/false).item<double>();
  return result;
}

PrecisionRecall precision_recall(const FeatureTable& real, const FeatureTable& fake, std::int64_t neighbours,
                                 const OnProgress& on_progress) {
  require_pictures(real, neighbours + 1);
  require_pictures(fake, neighbours + 1);
  std::int64_t before = 0;
  const std::int64_t total = 2 * (real.count() + fake.count());
  const OnProgress on_part = [&](std::int64_t done, std::int64_t part) {
    if (on_progress) on_progress(before + done, total);
    if (done == part) before += part;
  };
  const Distances distances(real, fake);
  const at::Tensor real_radii = radii(distances, real, neighbours, on_part);
  const at::Tensor fake_radii = radii(distances, fake, neighbours, on_part);
  return {share_within(distances, fake, real, real_radii, on_part),
          share_within(distances, real, fake, fake_radii, on_part)};
}

}  // namespace heed
