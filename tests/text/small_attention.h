#pragma once

#include "heed/text/attention_record.h"

namespace heed {

/// Two words of source, of which the second has two pieces, and two of translation.
inline AttentionRecord small_attention() {
  const AttentionMatrix cross{3, 4, {0.3F, 0.5F, 0.1F, 0.1F, 0.7F, 0.1F, 0.1F, 0.1F, 0, 0, 0, 1}};
  const AttentionMatrix encoder{4, 4, std::vector<float>(16, 0.25F)},
      decoder{3, 3, {1, 0, 0, 0.5F, 0.5F, 0, 0.5F, 0.25F, 0.25F}};
  return {.source = {"\u2581a", "\u2581b", "<c>", "</s>"},
          .target = {"\u2581\u00fcb", "\u2581a&z", "</s>"},
          .mean = cross,
          .encoder = {{encoder}},
          .decoder = {{decoder}},
          .cross = {{cross}, {cross}}};
}

}  // namespace heed
