#include "heed/io/inspect_model.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <ostream>
#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/base/error.h"
#include "heed/base/progress.h"
#include "heed/base/safetensors.h"
#include "heed/io/model_identity.h"

namespace heed {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kHistoryRows = 12, kListedDifferences = 12;

// "name        text", with further lines of a text below its first.
void print_row(std::ostream& out, const std::string& name, const std::string& text) {
  if (text.empty()) return;
  constexpr std::size_t kColumn = 12;
  std::istringstream lines(text);
  std::string label = name;
  for (std::string line; std::getline(lines, line); label.clear())
    out << label << std::string(kColumn - std::min(kColumn, label.size()), ' ') << line << '\n';
}

std::string plain_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// A JSON object in the metadata; empty where there is none.
Json object_in(const safetensors::File& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) return Json::object();
  Json json = Json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw checkpoint_error(file.path().string() + ": '" + key + "' inside is no JSON object");
  return json;
}

std::string joined(const Json& object, const std::string& separator, const std::string& between) {
  std::string text;
  for (const auto& [name, value] : object.items()) {
    if (!text.empty()) text += separator;
    text += name + between + plain_text(value);
  }
  return text;
}

// Breaks a list at commas.
std::string wrapped(const std::string& list) {
  constexpr std::size_t kWidth = 86;
  std::string text, line;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) {
    if (!line.empty()) line += ',';
    if (line.size() + word.size() > kWidth) {
      text += line + '\n';
      line.clear();
      word.erase(0, word.find_first_not_of(' '));
    }
    line += word;
  }
  return text + line;
}

std::string size_text(const safetensors::File& file) {
  const double megabytes = static_cast<double>(std::filesystem::file_size(file.path())) / 1e6;
  const bool can_go_on = std::ranges::any_of(
      file.tensors(), [](const safetensors::TensorView& tensor) { return is_for_training(tensor.name); });
  return format_number(megabytes, 1) + " MB; " + format_count(weights_in(file)) + " weights" +
         (can_go_on ? ", and what training needs to go on" : "");
}

std::string vocabulary_text(const safetensors::File& file, const Json& options) {
  if (file.find("subwords.source") == nullptr) return "";
  const auto size = [&](const char* side) { return format_count(options.value(side, std::int64_t{0})); };
  if (file.find("subwords.target") == nullptr) return size("source-vocab") + " pieces for both sides";
  return size("source-vocab") + " pieces of source, " + size("target-vocab") + " of target";
}

std::string classes_text(const safetensors::File& file) {
  const auto found = file.metadata().find("class_names");
  if (found == file.metadata().end()) return "";
  const Json names = Json::parse(found->second, nullptr, false);
  std::string text;
  for (const Json& name : names) text += (text.empty() ? "" : ", ") + plain_text(name);
  return text;
}

std::string training_text(const safetensors::File& file) {
  const Json state = object_in(file, "state");
  const auto update = file.metadata().find("update"), average = file.metadata().find("average_of");
  if (average != file.metadata().end()) return "the mean of " + average->second + " models";
  if (state.empty())
    return update == file.metadata().end() ? "" : "update " + format_count(std::atoll(update->second.c_str()));
  std::string text = "update " + format_count(state.value("update", std::int64_t{0})) + ", " +
                     format_duration(state.value("seconds", 0.0)) + " of training";
  if (state.contains("images")) text += ", " + format_number(state.value("images", 0.0) / 1000, 1) + " kimg";
  if (state.contains("epoch")) text += ", epoch " + format_number(state.value("epoch", 0.0) + 1, 0);
  if (state.value("has-best", false)) {
    // "METRIC of FINGERPRINT"; of a loss the negative is kept
    const std::string judged_by = state.value("judged-by", ""), metric = judged_by.substr(0, judged_by.find(' '));
    const double score = state.value("best-score", 0.0);
    text += "; best " + (metric.empty() ? "validation" : metric) + " " +
            format_number(metric == "loss" ? -score : score, 2) + " at update " +
            format_count(state.value("best-update", std::int64_t{0}));
  }
  return text;
}

// Rows of a CSV file, of which all columns named here are filled in; the header first. None when there is no file.
std::vector<std::vector<std::string>> rows_of(const std::filesystem::path& path,
                                              const std::vector<std::string>& columns) {
  std::ifstream file(path);
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> places;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ',');) fields.push_back(field);
    if (rows.empty())
      for (const std::string& column : columns) {
        const auto found = std::ranges::find(fields, column);
        if (found == fields.end()) return {};
        places.push_back(static_cast<std::size_t>(found - fields.begin()));
      }
    std::vector<std::string> row;
    for (const std::size_t place : places)
      if (place < fields.size() && !fields[place].empty()) row.push_back(fields[place]);
    if (row.size() == places.size()) rows.push_back(row);
  }
  return rows;
}

// Some rows of the scores that training wrote beside the checkpoint, evenly spread, the last among them.
std::string history_text(const safetensors::File& file) {
  const std::filesystem::path folder = file.path().parent_path();
  std::vector<std::vector<std::string>> rows =
      rows_of(folder / "metrics.csv", {"update", "valid_loss", "valid_bleu", "valid_chrf"});
  if (rows.empty()) rows = rows_of(folder / "samples.csv", {"update", "kimg", "rkid"});
  if (rows.size() < 2) return "";
  std::string text;
  const std::size_t count = rows.size() - 1, shown = std::min(count, kHistoryRows);
  for (std::size_t i = 0; i <= shown; ++i) {
    const std::vector<std::string>& row = rows[i == 0 ? 0 : (i * count + shown - 1) / shown];
    for (const std::string& field : row) {
      const bool is_fraction = i > 0 && field.find('.') != std::string::npos;
      const std::string shown_field = is_fraction ? format_number(std::strtod(field.c_str(), nullptr), 4) : field;
      text += std::string(12 - std::min<std::size_t>(12, shown_field.size()), ' ') + shown_field;
    }
    text += '\n';
  }
  return text;
}

struct Statistics {
  double mean = 0, deviation = 0, least = std::numeric_limits<double>::infinity(), most = -least;
};

std::vector<float> floats_of(const safetensors::TensorView& tensor) {
  std::vector<float> values(tensor.data.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(float));
  return values;
}

Statistics statistics_of(const std::vector<float>& values) {
  Statistics result;
  double sum = 0, squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
    result.least = std::min(result.least, value);
    result.most = std::max(result.most, value);
  }
  const auto count = static_cast<double>(values.size());
  result.mean = sum / count;
  result.deviation = std::sqrt(std::max(0.0, squares / count - result.mean * result.mean));
  return result;
}

std::string shape_of(const safetensors::TensorView& tensor) {
  std::string text;
  for (const std::int64_t size : tensor.shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return std::string(name_of(tensor.dtype)) + " " + (text.empty() ? "1" : text);
}

std::string tensors_text(const safetensors::File& file) {
  std::string text;
  for (const safetensors::TensorView& tensor : file.tensors()) {
    text += tensor.name + "  " + shape_of(tensor);
    if (tensor.dtype == safetensors::DType::f32 && !tensor.data.empty()) {
      const Statistics s = statistics_of(floats_of(tensor));
      text += "  " + format_number(s.mean, 4) + " +- " + format_number(s.deviation, 4) + "  from " +
              format_number(s.least, 4) + " to " + format_number(s.most, 4);
    }
    text += '\n';
  }
  return text;
}

void describe(const safetensors::File& file, const InspectOptions& wanted, std::ostream& out) {
  const ModelKind& kind = kind_of(file);
  const Json options = object_in(file, "options");
  print_row(out, "file", file.path().string());
  print_row(out, "kind",
            std::string(kind.title) + " (" + network_of(file) + "), which `" + std::string(kind.opener) +
                "` opens; written by heed " + file.metadata("version"));
  print_row(out, "size", size_text(file));
  print_row(out, "network", wrapped(joined(options, ", ", " ")));
  print_row(out, "vocabulary", vocabulary_text(file, options));
  print_row(out, "classes", wrapped(classes_text(file)));
  print_row(out, "trained", training_text(file));
  print_row(out, "history", history_text(file));
  if (wanted.settings) print_row(out, "settings", joined(object_in(file, "train_options"), "\n", " = "));
  if (wanted.tensors) print_row(out, "tensors", tensors_text(file));
}

// "name: here -> there" for all that is not the same.
std::string changed_values(const Json& here, const Json& there) {
  std::string text;
  const auto add = [&](const std::string& name, const std::string& from, const std::string& to) {
    text += name + ": " + from + " -> " + to + '\n';
  };
  for (const auto& [name, value] : here.items())
    if (!there.contains(name))
      add(name, plain_text(value), "(nothing)");
    else if (there.at(name) != value)
      add(name, plain_text(value), plain_text(there.at(name)));
  for (const auto& [name, value] : there.items())
    if (!here.contains(name)) add(name, "(nothing)", plain_text(value));
  return text;
}

// The first of a list, and how many more there are.
std::string beginning_of(const std::vector<std::string>& lines, const std::string& rest) {
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), kListedDifferences); ++i) text += lines[i] + '\n';
  if (lines.size() > kListedDifferences)
    text += "and " + std::to_string(lines.size() - kListedDifferences) + " that " + rest + '\n';
  return text;
}

// How far what two models are used with is apart, the farthest first, as a share of its size.
std::string changed_weights(const safetensors::File& first, const safetensors::File& second) {
  const std::vector<safetensors::TensorView> here = used_tensors(first), there = used_tensors(second);
  const auto find = [](const std::vector<safetensors::TensorView>& tensors, const std::string& name) {
    const auto found = std::ranges::lower_bound(tensors, name, {}, &safetensors::TensorView::name);
    return found != tensors.end() && found->name == name ? &*found : nullptr;
  };
  std::vector<std::string> other_tensors, apart_texts;
  std::vector<std::pair<double, std::string>> distances;
  std::int64_t same = 0;
  for (const safetensors::TensorView& tensor : here) {
    const safetensors::TensorView* other = find(there, tensor.name);
    if (other == nullptr) {
      other_tensors.push_back(tensor.name + ": only in the first");
    } else if (other->shape != tensor.shape || other->dtype != tensor.dtype) {
      other_tensors.push_back(tensor.name + ": " + shape_of(tensor) + " -> " + shape_of(*other));
    } else if (std::ranges::equal(tensor.data, other->data)) {
      ++same;
    } else if (tensor.dtype != safetensors::DType::f32) {
      other_tensors.push_back(tensor.name + ": other bytes");
    } else {
      const std::vector<float> a = floats_of(tensor), b = floats_of(*other);
      double apart = 0, size = 0;
      for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        apart += difference * difference;
        size += static_cast<double>(a[i]) * static_cast<double>(a[i]);
      }
      distances.emplace_back(size > 0 ? std::sqrt(apart / size) : std::numeric_limits<double>::infinity(), tensor.name);
    }
  }
  for (const safetensors::TensorView& tensor : there)
    if (find(here, tensor.name) == nullptr) other_tensors.push_back(tensor.name + ": only in the second");
  std::ranges::sort(distances, std::greater<>());
  for (const auto& [distance, name] : distances)
    apart_texts.push_back(name + ": " + format_number(100 * distance, 2) + " % apart");
  return beginning_of(other_tensors, "are not in both alike") + beginning_of(apart_texts, "are nearer") +
         format_count(same) + " of " + format_count(std::ssize(here)) + " tensors are the same to the bit\n";
}

void compare(const safetensors::File& file, const safetensors::File& other, std::ostream& out) {
  const auto differences = [&](const char* key) {
    const std::string text = changed_values(object_in(file, key), object_in(other, key));
    return text.empty() ? "the same" : text;
  };
  print_row(out, "first", file.path().string());
  print_row(out, "second", other.path().string());
  if (const ModelKind &kind = kind_of(file), &other_kind = kind_of(other); kind.title != other_kind.title)
    return print_row(
        out, "kind",
        std::string(kind.title) + " -> " + std::string(other_kind.title) + ": there is nothing in them to compare");
  print_row(out, "network", differences("options"));
  print_row(out, "settings", differences("train_options"));
  print_row(out, "weights", changed_weights(file, other));
}

safetensors::File open(const std::string& given) {
  safetensors::File file(find_model_file(given));
  kind_of(file);  // refuses what is no model
  return file;
}

}  // namespace

void inspect_model(const InspectOptions& options, std::ostream& out) {
  if (options.model.empty()) throw usage_error("no model given: say --model DIR");
  if (!options.against.empty() && (options.settings || options.tensors))
    throw usage_error("--against compares settings and tensors already: leave --settings and --tensors out");
  try {
    const safetensors::File file = open(options.model);
    if (options.against.empty()) return describe(file, options, out);
    compare(file, open(options.against), out);
  } catch (const nlohmann::json::exception& error) {
    throw checkpoint_error(options.model + ": what stands in the metadata is not as heed writes it: " + error.what());
  }
}

}  // namespace heed
