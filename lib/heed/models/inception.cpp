#include "heed/models/inception.h"

#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "heed/base/error.h"
#include "heed/models/color_bytes.h"

namespace heed {
namespace {

constexpr double kBatchNormEpsilon = 0.001;

struct LayerPlan {
  const char* name;
  std::int64_t outputs, height, width;  ///< height and width of the kernel
  std::int64_t stride = 1;
  bool padded = true;  ///< with stride 1: keeps the size
};

/// For each place of the output the two places of the input beside it, and how far it is from the first.
struct Neighbours {
  at::Tensor low, high, distance;  ///< [size out]
};

Neighbours neighbours(std::int64_t in, std::int64_t out) {
  const float scale = static_cast<float>(static_cast<double>(in) / static_cast<double>(out));
  const at::Tensor place = at::arange(out).to(at::kFloat).mul_(scale);  // [size out]
  const at::Tensor low = place.to(at::kLong);
  return {low, (low + 1).clamp_max(in - 1), place - low.to(at::kFloat)};
}

}  // namespace

/// Builds the blocks one after the other, each from the channels that the one before gives.
class InceptionPlan {
 public:
  InceptionPlan(const WeightSource& weights, at::Device device) : weights_(weights), device_(device) {}

  using Pool = Inception::Pool;
  struct BranchPlan {
    Pool pool;
    std::vector<LayerPlan> chain;
    std::vector<LayerPlan> ends = {};
  };

  void layer(const LayerPlan& plan) { add("", {{Pool::none, {plan}}}); }
  void pool() { add("", {{Pool::max_half, {}}}); }

  /// 35x35.
  void block_a(const char* name, std::int64_t pool_outputs) {
    add(name, {{Pool::none, {{"branch1x1", 64, 1, 1}}},
               {Pool::none, {{"branch5x5_1", 48, 1, 1}, {"branch5x5_2", 64, 5, 5}}},
               {Pool::none, {{"branch3x3dbl_1", 64, 1, 1}, {"branch3x3dbl_2", 96, 3, 3}, {"branch3x3dbl_3", 96, 3, 3}}},
               {Pool::average, {{"branch_pool", pool_outputs, 1, 1}}}});
  }

  /// 35x35 to 17x17.
  void block_b(const char* name) {
    add(name,
        {{Pool::none, {{"branch3x3", 384, 3, 3, 2}}},
         {Pool::none, {{"branch3x3dbl_1", 64, 1, 1}, {"branch3x3dbl_2", 96, 3, 3}, {"branch3x3dbl_3", 96, 3, 3, 2}}},
         {Pool::max_half, {}}});
  }

  /// 17x17.
  void block_c(const char* name, std::int64_t inner) {
    add(name, {{Pool::none, {{"branch1x1", 192, 1, 1}}},
               {Pool::none, {{"branch7x7_1", inner, 1, 1}, {"branch7x7_2", inner, 1, 7}, {"branch7x7_3", 192, 7, 1}}},
               {Pool::none,
                {{"branch7x7dbl_1", inner, 1, 1},
                 {"branch7x7dbl_2", inner, 7, 1},
                 {"branch7x7dbl_3", inner, 1, 7},
                 {"branch7x7dbl_4", inner, 7, 1},
                 {"branch7x7dbl_5", 192, 1, 7}}},
               {Pool::average, {{"branch_pool", 192, 1, 1}}}});
  }

  /// 17x17 to 8x8.
  void block_d(const char* name) {
    add(name, {{Pool::none, {{"branch3x3_1", 192, 1, 1}, {"branch3x3_2", 320, 3, 3, 2}}},
               {Pool::none,
                {{"branch7x7x3_1", 192, 1, 1},
                 {"branch7x7x3_2", 192, 1, 7},
                 {"branch7x7x3_3", 192, 7, 1},
                 {"branch7x7x3_4", 192, 3, 3, 2}}},
               {Pool::max_half, {}}});
  }

  /// 8x8.
  void block_e(const char* name, Pool pool) {
    add(name, {{Pool::none, {{"branch1x1", 320, 1, 1}}},
               {Pool::none, {{"branch3x3_1", 384, 1, 1}}, {{"branch3x3_2a", 384, 1, 3}, {"branch3x3_2b", 384, 3, 1}}},
               {Pool::none,
                {{"branch3x3dbl_1", 448, 1, 1}, {"branch3x3dbl_2", 384, 3, 3}},
                {{"branch3x3dbl_3a", 384, 1, 3}, {"branch3x3dbl_3b", 384, 3, 1}}},
               {pool, {{"branch_pool", 192, 1, 1}}}});
  }

  std::vector<Inception::Block> blocks() && { return std::move(blocks_); }

 private:
  void add(const std::string& name, const std::vector<BranchPlan>& plans) {
    const std::string prefix = name.empty() ? "" : name + ".";
    Inception::Block block;
    std::int64_t outputs = 0;
    for (const BranchPlan& plan : plans) {
      Inception::Branch branch{plan.pool, {}, {}};
      std::int64_t width = channels_, end_width = 0;
      for (const LayerPlan& one : plan.chain) {
        branch.chain.push_back(folded(prefix + one.name, one, width));
        width = one.outputs;
      }
      for (const LayerPlan& one : plan.ends) {
        branch.ends.push_back(folded(prefix + one.name, one, width));
        end_width += one.outputs;
      }
      outputs += plan.ends.empty() ? width : end_width;
      block.push_back(std::move(branch));
    }
    channels_ = outputs;
    blocks_.push_back(std::move(block));
  }

  /// y = (conv(x) - mean) / sqrt(variance + epsilon) * gain + shift, as one convolution.
  Inception::Layer folded(const std::string& name, const LayerPlan& plan, std::int64_t inputs) const {
    const at::Tensor conv = weights_(name + ".conv.weight", {plan.outputs, inputs, plan.height, plan.width});
    const at::Tensor gain = weights_(name + ".bn.weight", {plan.outputs}).to(at::kDouble);
    const at::Tensor shift = weights_(name + ".bn.bias", {plan.outputs}).to(at::kDouble);
    const at::Tensor mean = weights_(name + ".bn.running_mean", {plan.outputs}).to(at::kDouble);
    const at::Tensor variance = weights_(name + ".bn.running_var", {plan.outputs}).to(at::kDouble);
    const at::Tensor factor = gain / (variance + kBatchNormEpsilon).sqrt();        // [C']
    const at::Tensor weight = (conv * factor.view({-1, 1, 1, 1})).to(at::kFloat);  // [C', C, K, K']
    const at::Tensor bias = (shift - mean * factor).to(at::kFloat);                // [C']
    if (!weight.isfinite().all().item<bool>() || !bias.isfinite().all().item<bool>())
      throw checkpoint_error("the weights of layer '" + name + "' are not finite numbers");
    const bool padded = plan.padded && plan.stride == 1;
    return {weight.to(device_).contiguous(at::MemoryFormat::ChannelsLast),
            bias.to(device_),
            {plan.stride, plan.stride},
            {padded ? plan.height / 2 : 0, padded ? plan.width / 2 : 0}};
  }

  const WeightSource& weights_;
  at::Device device_;
  std::int64_t channels_ = 3;
  std::vector<Inception::Block> blocks_;
};

at::Tensor resize_like_tensorflow1(const at::Tensor& images, std::int64_t height, std::int64_t width) {
  const auto along = [](const at::Tensor& x, std::int64_t dimension, std::int64_t size) {
    const Neighbours beside = neighbours(x.size(dimension), size);
    std::vector<std::int64_t> shape(4, 1);
    shape[static_cast<std::size_t>(dimension)] = size;
    const at::Tensor low = x.index_select(dimension, beside.low.to(x.device()));
    const at::Tensor high = x.index_select(dimension, beside.high.to(x.device()));
    return low + (high - low) * beside.distance.to(x.device()).view(shape);
  };
  return along(along(images, 3, width), 2, height);  // [B, C, height, width]
}

at::Tensor Inception::Layer::operator()(const at::Tensor& x) const {
  return at::conv2d(x, weight, bias, stride, padding).relu_();
}

at::Tensor Inception::Branch::operator()(const at::Tensor& x) const {
  at::Tensor y = x;
  if (pool == Pool::average) y = at::avg_pool2d(y, 3, 1, 1, /*ceil_mode=*/false, /*count_include_pad=*/false);
  if (pool == Pool::max) y = at::max_pool2d(y, 3, 1, 1);
  if (pool == Pool::max_half) y = at::max_pool2d(y, 3, 2);
  for (const Layer& layer : chain) y = layer(y);
  if (ends.empty()) return y;
  std::vector<at::Tensor> parts;
  for (const Layer& layer : ends) parts.push_back(layer(y));
  return at::cat(parts, 1);
}

Inception::Inception(const WeightSource& weights, at::Device device) : device_(device) {
  const c10::InferenceMode inference;
  InceptionPlan plan(weights, device);
  plan.layer({"Conv2d_1a_3x3", 32, 3, 3, 2});
  plan.layer({"Conv2d_2a_3x3", 32, 3, 3, 1, false});
  plan.layer({"Conv2d_2b_3x3", 64, 3, 3});
  plan.pool();
  plan.layer({"Conv2d_3b_1x1", 80, 1, 1});
  plan.layer({"Conv2d_4a_3x3", 192, 3, 3, 1, false});
  plan.pool();
  plan.block_a("Mixed_5b", 32);
  plan.block_a("Mixed_5c", 64);
  plan.block_a("Mixed_5d", 64);
  plan.block_b("Mixed_6a");
  plan.block_c("Mixed_6b", 128);
  plan.block_c("Mixed_6c", 160);
  plan.block_c("Mixed_6d", 160);
  plan.block_c("Mixed_6e", 192);
  plan.block_d("Mixed_7a");
  plan.block_e("Mixed_7b", Pool::average);
  plan.block_e("Mixed_7c", Pool::max);
  blocks_ = std::move(plan).blocks();
}

at::Tensor Inception::operator()(const at::Tensor& images) const {
  const c10::InferenceMode inference;
  at::Tensor x = resize_like_tensorflow1(color_bytes(images.to(device_)), kSide, kSide);  // [B, 3, 299, 299]
  x = x.sub_(128).div_(128).contiguous(at::MemoryFormat::ChannelsLast);
  for (const Block& block : blocks_) {
    std::vector<at::Tensor> parts;
    for (const Branch& branch : block) parts.push_back(branch(x));
    x = parts.size() == 1 ? parts.front() : at::cat(parts, 1);
  }  // [B, 2048, 8, 8]
  return x.mean({2, 3}).to(at::kCPU).contiguous();  // [B, 2048]
}

}  // namespace heed
