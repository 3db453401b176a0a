#include "heed/image/score_report.h"

#include <algorithm>
#include <cstddef>
#include <ostream>

#include <nlohmann/json.hpp>

#include "heed/base/progress.h"

namespace heed {
namespace {

std::string number_text(const PictureScore& score) {
  std::string text = format_number(score.value, score.decimals);
  if (score.deviation) text += " +- " + format_number(*score.deviation, score.decimals);
  return text;
}

std::string protocol_text(const PictureScore& score, const ScoreProtocol& protocol) {
  std::string text = protocol.network + ", " + format_count(protocol.width) + " wide; " +
                     format_count(protocol.pictures) + " pictures against " +
                     format_count(protocol.reference_pictures) + "; " + to_text(protocol.size) +
                     (protocol.channels == 1 ? " grey" : " colour") + ", " + protocol.fit;
  return text + ", " + protocol.preparation + "; " + score.method + "; seed " + std::to_string(protocol.seed);
}

}  // namespace

void print_score_lines(const std::vector<PictureScore>& scores, const ScoreProtocol& protocol, std::ostream& out) {
  std::size_t name_width = 0, number_width = 0;
  for (const PictureScore& score : scores) {
    name_width = std::max(name_width, score.name.size());
    number_width = std::max(number_width, number_text(score).size());
  }
  for (const PictureScore& score : scores) {
    const std::string number = number_text(score);
    out << score.name << std::string(name_width - score.name.size() + 1, ' ') << number
        << std::string(number_width - number.size() + 2, ' ') << '(' << protocol_text(score, protocol) << ")\n";
  }
}

void print_score_json(const std::vector<PictureScore>& scores, const ScoreProtocol& protocol, std::ostream& out) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const PictureScore& score : scores) {
    nlohmann::ordered_json object{{"name", score.name}, {"score", score.value}};
    if (score.deviation) object["deviation"] = *score.deviation;
    object["network"] = protocol.network;
    object["width"] = protocol.width;
    object["pictures"] = protocol.pictures;
    object["reference_pictures"] = protocol.reference_pictures;
    object["size"] = to_text(protocol.size);
    object["channels"] = protocol.channels;
    object["fit"] = protocol.fit;
    object["preparation"] = protocol.preparation;
    object["method"] = score.method;
    object["seed"] = protocol.seed;
    array.push_back(std::move(object));
  }
  out << array.dump(1) << '\n';
}

}  // namespace heed
