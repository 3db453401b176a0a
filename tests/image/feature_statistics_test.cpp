#include "heed/image/feature_statistics.h"

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "heed/base/random.h"
#include "heed/base/safetensors.h"

#include "catch.h"
#include "text/errors.h"

using namespace heed;

namespace {

/// Features with their owner.
struct Rows {
  std::vector<float> values;
  std::int64_t width = 0;
  FeatureTable table() const { return {values, width}; }
};

class Expected {
 public:
  Rows rows(const std::string& name) const {
    const safetensors::TensorView* view = file_.find(name);
    REQUIRE(view != nullptr);
    Rows rows{std::vector<float>(view->data.size() / sizeof(float)), view->shape.back()};
    std::memcpy(rows.values.data(), view->data.data(), view->data.size());
    return rows;
  }
  double number(const std::string& name) const { return rows(name).values.at(0); }

 private:
  safetensors::File file_{std::string(HEED_TEST_DATA) + "/image/feature_statistics_numbers.safetensors"};
};

const std::vector<std::string> kCases{"full", "few", "singular", "one_singular"};

/// Uniform numbers around `centre`.
Rows cloud(std::int64_t count, std::int64_t width, std::uint64_t seed, double centre = 0) {
  Rows rows{{}, width};
  for (std::int64_t i = 0; i < count * width; ++i)
    rows.values.push_back(
        static_cast<float>(centre + 2 * random_unit(make_key(seed), static_cast<std::uint64_t>(i)) - 1));
  return rows;
}

double frechet(const Rows& a, const Rows& b) {
  return frechet_distance(feature_gaussian(a.table()), feature_gaussian(b.table()));
}

}  // namespace

TEST_CASE("the Frechet distance equals SciPy's, with singular covariances too") {
  const Expected expected;
  for (const std::string& name : kCases) {
    CAPTURE(name);
    const Rows real = expected.rows(name + ".real"), fake = expected.rows(name + ".fake");
    const double distance = expected.number(name + ".frechet");
    CHECK(frechet(real, fake) == Approx(distance).epsilon(1e-6));
    CHECK(frechet(fake, real) == Approx(distance).epsilon(1e-6));
    CHECK(std::abs(frechet(real, real)) < 1e-9);
  }
}

TEST_CASE("the Frechet distance does not lose features that vary little beside others") {
  Rows rows = cloud(400, 30, 1);
  for (std::size_t i = 0; i < rows.values.size(); ++i)
    rows.values[i] *= static_cast<float>(std::pow(10.0, -static_cast<double>(i % 30) / 5));
  CHECK(frechet(rows, rows) < 1e-11);
}

TEST_CASE("mean and covariance are those of a sample, of any number of rows") {
  const Rows rows{{1, 10, 2, 20, 6, 0}, 2};
  const FeatureGaussian gaussian = feature_gaussian(rows.table());
  CHECK(gaussian.mean == std::vector<double>{3, 10});
  CHECK(gaussian.covariance == std::vector<double>{7, -20, -20, 100});
  // More than are computed with at once, far from zero: what sums of squares would lose.
  const Rows many = cloud(9001, 2, 5, 10'000);
  const FeatureGaussian uniform = feature_gaussian(many.table());
  CHECK(uniform.mean[0] == Approx(10'000).epsilon(1e-5));
  CHECK(uniform.covariance[0] == Approx(1.0 / 3).epsilon(0.03));
  CHECK(uniform.covariance[3] == Approx(1.0 / 3).epsilon(0.03));
  CHECK(std::abs(uniform.covariance[1]) < 0.02);
}

TEST_CASE("whitening equals NumPy's, with singular covariances too") {
  const Expected expected;
  for (const std::string& name : kCases) {
    CAPTURE(name);
    const Rows real = expected.rows(name + ".real"), whitened = expected.rows(name + ".whitened");
    Rows fake = expected.rows(name + ".fake");
    whiten(fake.values, feature_whitening(real.table()));
    REQUIRE(fake.values.size() == whitened.values.size());
    for (std::size_t i = 0; i < fake.values.size(); ++i)
      CHECK(fake.values[i] == Approx(whitened.values[i]).epsilon(1e-5).margin(1e-5));
  }
}

TEST_CASE("whitening shows a change in a direction that varies little, and leaves alone what does not vary") {
  // The second feature is the first plus a little; its own part is what changes.
  Rows real = cloud(600, 2, 1), other = cloud(600, 2, 2);
  for (Rows* rows : {&real, &other})
    for (std::size_t i = 0; i < rows->values.size(); i += 2) {
      rows->values[i + 1] = rows->values[i] + 0.2F * rows->values[i + 1] + (rows == &other ? 0.1F : 0.0F);
    }
  const double before = kid(real.table(), other.table());
  const FeatureWhitening whitening = feature_whitening(real.table());
  whiten(real.values, whitening);
  whiten(other.values, whitening);
  CHECK(kid(real.table(), other.table()) > 3 * before);

  const Rows same{{3, 4, 3, 4, 3, 4}, 2};
  std::vector<float> values{4, 6};
  whiten(values, feature_whitening(same.table()));
  CHECK(values == std::vector<float>{1, 2});
}

TEST_CASE("KID equals NumPy's, of sets of different sizes") {
  const Expected expected;
  for (const std::string& name : kCases) {
    CAPTURE(name);
    const Rows real = expected.rows(name + ".real"), fake = expected.rows(name + ".fake");
    CHECK(kid(real.table(), fake.table()) == Approx(expected.number(name + ".kid")).epsilon(1e-6));
    const KidEstimate estimate = estimate_kid(real.table(), fake.table(), {});
    CHECK(estimate.whole);
    CHECK(estimate.value == Approx(expected.number(name + ".kid")).epsilon(1e-6));
  }
}

TEST_CASE("KID of large sets: parts of the work make no difference") {
  // Over the numbers of rows and of columns that are computed with at once.
  const Rows real = cloud(4300, 3, 1), fake = cloud(600, 3, 2, 0.3);
  const auto kernel = [](const Rows& x, std::int64_t i, const Rows& y, std::int64_t j) {
    double product = 0;
    for (std::int64_t c = 0; c < 3; ++c)
      product += static_cast<double>(x.values[static_cast<std::size_t>(i * 3 + c)]) *
                 static_cast<double>(y.values[static_cast<std::size_t>(j * 3 + c)]);
    return std::pow(product / 3 + 1, 3);
  };
  const auto sum = [&](const Rows& x, const Rows& y, bool same) {
    double total = 0;
    for (std::int64_t i = 0; i < x.table().count(); ++i)
      for (std::int64_t j = 0; j < y.table().count(); ++j)
        if (!same || i != j) total += kernel(x, i, y, j);
    return total;
  };
  const double expected = sum(real, real, true) / (4300.0 * 4299.0) + sum(fake, fake, true) / (600.0 * 599.0) -
                          2 * sum(real, fake, false) / (4300.0 * 600.0);
  CHECK(kid(real.table(), fake.table()) == Approx(expected).epsilon(1e-9));
}

TEST_CASE("KID is unbiased: zero on average for small sets of one distribution") {
  const Rows real = cloud(2000, 8, 1), fake = cloud(2000, 8, 2);
  // Twenty pictures a subset: a biased estimate would be near 0.1.
  const KidEstimate small = estimate_kid(real.table(), fake.table(), {.subset_size = 20, .whole_up_to = 0});
  CHECK_FALSE(small.whole);
  CHECK(small.deviation > 0);
  CHECK(std::abs(small.value) < 4 * small.deviation / std::sqrt(100.0) + 1e-3);
  const Rows other = cloud(2000, 8, 2, 0.5);
  CHECK(kid(real.table(), other.table()) > 0.05);
}

TEST_CASE("KID's subsets are the same whether the whole sets are compared or not") {
  const Rows real = cloud(300, 5, 1), fake = cloud(200, 5, 2, 0.2);
  const KidOptions options{.subsets = 30, .subset_size = 40, .whole_up_to = 300, .seed = 9};
  KidOptions apart = options;
  apart.whole_up_to = 299;
  const KidEstimate whole = estimate_kid(real.table(), fake.table(), options);
  const KidEstimate subsets = estimate_kid(real.table(), fake.table(), apart);
  CHECK(whole.whole);
  CHECK_FALSE(subsets.whole);
  CHECK(whole.deviation == Approx(subsets.deviation).epsilon(1e-9));
  CHECK(whole.value == Approx(kid(real.table(), fake.table())).epsilon(1e-9));
  CHECK(subsets.value == Approx(whole.value).margin(3 * subsets.deviation / std::sqrt(30.0)));
  CHECK(subsets.value != whole.value);
  CHECK(whole.subset_size == 40);

  CHECK(estimate_kid(real.table(), fake.table(), apart).value == subsets.value);
  KidOptions other = apart;
  other.seed = 10;
  CHECK(estimate_kid(real.table(), fake.table(), other).value != subsets.value);
  // Never more than half of a set, so that the subsets differ.
  CHECK(estimate_kid(real.table(), fake.table(), {.subsets = 5}).subset_size == 100);
  CHECK(estimate_kid(real.table(), fake.table(), {.subsets = 5}).deviation > 0);
}

TEST_CASE("precision and recall equal NumPy's") {
  const Expected expected;
  for (const std::string& name : kCases) {
    for (const std::int64_t k : {1, 3}) {
      CAPTURE(name, k);
      const PrecisionRecall found =
          precision_recall(expected.rows(name + ".real").table(), expected.rows(name + ".fake").table(), k);
      CHECK(found.precision == Approx(expected.number(name + ".precision." + std::to_string(k))).epsilon(1e-6));
      CHECK(found.recall == Approx(expected.number(name + ".recall." + std::to_string(k))).epsilon(1e-6));
    }
  }
}

TEST_CASE("precision and recall of sets far from zero, of more rows than are computed with at once") {
  const Rows real = cloud(5000, 2, 1, 1000);
  Rows half = cloud(700, 2, 2, 1000);
  for (std::size_t i = 0; i < half.values.size(); i += 2) half.values[i] = 1000 + (half.values[i] - 1000) / 2 - 0.5f;
  const PrecisionRecall found = precision_recall(real.table(), half.table());
  CHECK(found.precision > 0.9);
  CHECK(found.recall > 0.35);
  CHECK(found.recall < 0.6);
  const PrecisionRecall itself = precision_recall(real.table(), real.table());
  CHECK(itself.precision == 1);
  CHECK(itself.recall == 1);
}

TEST_CASE("pictures that are there many times are within their set, others are not") {
  Rows copies{{}, 2};
  for (int i = 0; i < 6; ++i) copies.values.insert(copies.values.end(), {0.1f, 7.3f});
  const Rows others = cloud(6, 2, 1);
  CHECK(precision_recall(copies.table(), copies.table()).precision == 1);
  CHECK(precision_recall(copies.table(), others.table()).precision == 0);
}

TEST_CASE("sets that are too small are refused") {
  const Rows one = cloud(1, 4, 1), three = cloud(3, 4, 2), many = cloud(9, 4, 3);
  const auto refused = [](const auto& call) { return thrown(call).starts_with("3: a set of "); };
  CHECK(refused([&] { feature_gaussian(one.table()); }));
  CHECK(refused([&] { kid(one.table(), many.table()); }));
  CHECK(refused([&] { estimate_kid(many.table(), one.table(), {}); }));
  CHECK(thrown([&] { precision_recall(many.table(), three.table()); }) ==
        "3: a set of 3 pictures is too small to be compared: at least 4 are needed");
  CHECK(thrown([&] { kid(three.table(), many.table()); }) == "nothing");
}

TEST_CASE("progress reaches its total and never falls") {
  const Rows real = cloud(1300, 3, 1), fake = cloud(700, 3, 2);
  std::int64_t last = 0, last_total = 0;
  const OnProgress watch = [&](std::int64_t done, std::int64_t total) {
    CHECK(done >= last);
    last = done;
    last_total = total;
  };
  estimate_kid(real.table(), fake.table(), {.subsets = 2}, watch);
  CHECK(last == last_total);
  CHECK(last > 0);
  last = 0;
  precision_recall(real.table(), fake.table(), 3, watch);
  CHECK(last == last_total);
}
