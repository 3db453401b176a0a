#include "heed/text/attention_page.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/progress.h"
#include "heed/text/pieces.h"
#include "heed/text/unicode.h"

namespace heed {
namespace {

constexpr std::string_view kPageHead =
    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>Attention</title><style>"
    "body{font:14px sans-serif;margin:2em;max-width:80em}svg{font:12px "
    "sans-serif}figure{display:inline-block;margin:4px}"
    "figcaption{font-size:11px;color:#555}h2{font-size:16px;margin-top:2em}h3{font-size:13px;margin-bottom:2px}"
    "</style></head><body>\n";
constexpr std::string_view kPageEnd = "</body></html>\n";
const std::set<std::string> kPictureEndings = {".svg", ".png", ".jpg", ".pdf", ".htm"};
constexpr float kFaintest = 0.02F;  // what is paler is left out

// What XML has no other way to write; characters that it forbids become U+FFFD.
std::string escaped(std::string_view text) {
  std::u32string allowed = decode_utf8(text);
  for (char32_t& c : allowed)
    if ((c < 0x20 && c != '\t') || c == 0xFFFE || c == 0xFFFF) c = 0xFFFD;
  std::string result;
  for (const char c : encode_utf8(allowed)) {
    if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '&') {
      result += "&amp;";
    } else if (c == '"') {
      result += "&quot;";
    } else {
      result += c;
    }
  }
  return result;
}

// A piece as a label: one that goes on with a word begins with a hyphen, one that is only a word's beginning is shown
// as what stands for it.
std::string label_of(const std::vector<std::string>& pieces, std::size_t number) {
  const std::string letters = letters_of(pieces[number]);
  if (letters.empty()) return std::string(kWordStart);
  const bool goes_on = number > 0 && number + 1 < pieces.size() && !begins_word(pieces[number]) &&
                       is_part_of_word(decode_utf8(letters).front());
  return (goes_on ? "-" : "") + letters;
}

// Squares of `side` pixels from (left, top) on; those of one shade are one path, which is short.
std::string squares(const AttentionMatrix& matrix, int side, int left, int top) {
  const std::string width = std::to_string(side);
  std::map<std::string, std::string> paths;  // by shade
  for (std::size_t r = 0; r < matrix.rows; ++r)
    for (std::size_t c = 0; c < matrix.columns; ++c) {
      if (matrix.at(r, c) < kFaintest) continue;
      const int x = left + side * static_cast<int>(c), y = top + side * static_cast<int>(r);
      std::string& path = paths[format_number(static_cast<double>(matrix.at(r, c)), 2)];
      path += "M" + std::to_string(x) + " " + std::to_string(y) + "h" + width + "v" + width + "h-" + width + "z";
    }
  std::string svg;
  for (const auto& [shade, path] : paths) svg += "<path fill-opacity=\"" + shade + "\" d=\"" + path + "\"/>";
  return svg;
}

std::string svg_of(int width, int height, const std::string& content) {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) + "\" height=\"" +
         std::to_string(height) + "\" font-family=\"sans-serif\" font-size=\"12\">" + content + "</svg>\n";
}

// A small map without words.
std::string figure_of(const AttentionMatrix& matrix, std::size_t layer, std::size_t head) {
  constexpr int kSide = 6;
  const int width = kSide * static_cast<int>(matrix.columns), height = kSide * static_cast<int>(matrix.rows);
  const std::string frame = "<rect width=\"" + std::to_string(width) + "\" height=\"" + std::to_string(height) +
                            "\" fill=\"#f4f4f4\"/><g fill=\"#b22222\">";
  return "<figure>" + svg_of(width, height, frame + squares(matrix, kSide, 0, 0) + "</g>") + "<figcaption>layer " +
         std::to_string(layer + 1) + ", head " + std::to_string(head + 1) + "</figcaption></figure>";
}

std::string figures_of(const std::string& title, const AttentionLayers& layers) {
  if (layers.empty()) return "";
  std::string html = "<h3>" + title + "</h3>\n";
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    html += "<div>";
    for (std::size_t head = 0; head < layers[layer].size(); ++head) html += figure_of(layers[layer][head], layer, head);
    html += "</div>\n";
  }
  return html;
}

std::string text_of(const std::vector<std::string>& pieces) {
  std::string text;
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
    text += (i > 0 && begins_word(pieces[i]) ? " " : "") + escaped(letters_of(pieces[i]));
  return text;
}

// Pixels that the longest label may take: letters of a sans-serif font of 12 pixels, of which ideographs and some
// capitals are as wide as high.
int widest(const std::vector<std::string>& pieces) {
  int most = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    int width = 0;
    for (const char32_t c : decode_utf8(label_of(pieces, i))) width += c >= 0x1100 || (c >= 'A' && c <= 'Z') ? 13 : 8;
    most = std::max(most, width);
  }
  return most;
}

}  // namespace

std::string mean_svg(const AttentionRecord& record) {
  constexpr int kSide = 22, kMargin = 8;
  const int left = 2 * kMargin + widest(record.target), top = 2 * kMargin + widest(record.source),
            width = left + kSide * static_cast<int>(record.source.size()) + kMargin,
            height = top + kSide * static_cast<int>(record.target.size()) + kMargin;
  std::string svg = "<rect width=\"" + std::to_string(width) + "\" height=\"" + std::to_string(height) +
                    "\" fill=\"#ffffff\"/><rect x=\"" + std::to_string(left) + "\" y=\"" + std::to_string(top) +
                    "\" width=\"" + std::to_string(width - left - kMargin) + "\" height=\"" +
                    std::to_string(height - top - kMargin) + "\" fill=\"#f4f4f4\"/><g fill=\"#b22222\">" +
                    squares(record.mean, kSide, left, top) + "</g>";
  for (std::size_t c = 0; c < record.source.size(); ++c) {
    const std::string x = std::to_string(left + kSide * static_cast<int>(c) + 15), y = std::to_string(top - kMargin);
    svg += "<text transform=\"translate(" + x + "," + y + ") rotate(-90)\">" + escaped(label_of(record.source, c)) +
           "</text>";
  }
  for (std::size_t r = 0; r < record.target.size(); ++r)
    svg += "<text x=\"" + std::to_string(left - kMargin) + "\" y=\"" +
           std::to_string(top + kSide * static_cast<int>(r) + 15) + "\" text-anchor=\"end\">" +
           escaped(label_of(record.target, r)) + "</text>";
  return svg_of(width, height, svg);
}

std::string attention_section(const AttentionRecord& record) {
  return "<h2>" + text_of(record.source) + "<br>" + text_of(record.target) + "</h2>\n" + mean_svg(record) +
         "<details><summary>each layer and head</summary>\n" + figures_of("translation to source", record.cross) +
         figures_of("source to source", record.encoder) +
         figures_of("translation to what stands before", record.decoder) + "</details>\n";
}

AttentionOutput::AttentionOutput(const std::filesystem::path& path)
    : path_(path),
      form_(path.extension() == ".json"   ? Form::json
            : path.extension() == ".html" ? Form::page
                                          : Form::directory) {
  if (form_ == Form::directory) {
    if (path == "-" || kPictureEndings.contains(path.extension().string()))
      throw usage_error("--attention " + path.string() +
                        ": name a page (x.html), numbers (x.json), or a directory for pictures, which are SVG");
    make_directory(path);
    return;
  }
  file_ = std::make_unique<AtomicFile>(path);
  if (form_ == Form::page) file_->write(kPageHead);
}

void AttentionOutput::write(std::int64_t line, const AttentionRecord& record) {
  if (form_ == Form::page) return file_->write(attention_section(record));
  nlohmann::ordered_json object = {{"line", line}};
  object.update(to_json(record));
  const std::string json = object.dump() + '\n';
  if (form_ == Form::json) return file_->write(json);
  std::string name = std::to_string(line);
  name.insert(0, 5 - std::min<std::size_t>(5, name.size()), '0');
  write_file_atomically(path_ / (name + ".svg"), mean_svg(record));
  write_file_atomically(path_ / (name + ".json"), json);
}

void AttentionOutput::close() {
  if (form_ == Form::page) file_->write(kPageEnd);
  if (file_) file_->commit();
}

}  // namespace heed
