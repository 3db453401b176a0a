#include "heed/text/attention_record.h"

#include "catch.h"
#include "small_attention.h"

namespace heed {

TEST_CASE("the mean is over all layers and heads") {
  const AttentionLayers layers = {{{1, 2, {1, 0}}, {1, 2, {0.5, 0.5}}}, {{1, 2, {0, 1}}, {1, 2, {0.5, 0.5}}}};
  const AttentionMatrix mean = mean_of(layers);
  CHECK(mean.rows == 1);
  CHECK(mean.weights == std::vector<float>{0.5, 0.5});
}

TEST_CASE("words are aligned by what falls on all their pieces") {
  const AttentionRecord record = small_attention();
  const auto hard = hard_alignment(record);
  CHECK(pharaoh_text(hard, false) == "1-0 0-1");
  CHECK(pharaoh_text(soft_alignment(record), true) == "0-0:0.30 1-0:0.60 0-1:0.70 1-1:0.20");
  CHECK(pharaoh_text({}, true).empty());
}

TEST_CASE("nothing translated is aligned with nothing") {
  AttentionRecord record = small_attention();
  record.target = {"</s>"};
  CHECK(hard_alignment(record).empty());
  CHECK(soft_alignment(record).empty());
}

TEST_CASE("JSON holds the pieces and every head") {
  const auto json = to_json(small_attention());
  CHECK(json["source"].size() == 4);
  CHECK(json["target"].size() == 3);
  CHECK(json["mean"][0][1] == 0.5);
  CHECK(json["cross"].size() == 2);
  CHECK(json["cross"][0].size() == 1);
  CHECK(json["encoder"][0][0].size() == 4);
  CHECK(json["decoder"][0][0][2][1] == 0.25);
}

}  // namespace heed
