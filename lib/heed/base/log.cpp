#include "heed/base/log.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <unistd.h>

#include "heed/base/error.h"
#include "heed/base/progress.h"
#include "heed/base/retry.h"
#include "heed/base/utf8.h"

namespace heed::log {
namespace {

namespace spd = spdlog;

spd::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spd::level::debug;
    case Level::info:
      return spd::level::info;
    case Level::warning:
      return spd::level::warn;
    case Level::error:
      return spd::level::err;
    case Level::off:
      return spd::level::off;
  }
  return spd::level::info;
}

/// "warning: " and the like; nothing before plain information.
class Prefix : public spd::custom_flag_formatter {
 public:
  void format(const spd::details::log_msg& message, const std::tm&, spd::memory_buf_t& out) override {
    const std::string_view text = message.level == spd::level::debug  ? "debug: "
                                  : message.level == spd::level::warn ? "warning: "
                                  : message.level == spd::level::err  ? "error: "
                                                                      : "";
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spd::custom_flag_formatter> clone() const override { return std::make_unique<Prefix>(); }
};

std::unique_ptr<spd::formatter> formatter(const std::string& pattern) {
  auto result = std::make_unique<spd::pattern_formatter>();
  result->add_flag<Prefix>('*').set_pattern(pattern);
  return result;
}

spd::color_mode color_mode() {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: any value but the empty one
  const bool wanted = no_color == nullptr || *no_color == '\0';
  return wanted && ::isatty(STDERR_FILENO) == 1 ? spd::color_mode::automatic : spd::color_mode::never;
}

/// The process's logger. It is never destroyed, so that destructors at exit may still write; every line is flushed.
class Logger {
 public:
  static Logger& instance() {
    static Logger& logger = *new Logger;
    return logger;
  }

  void set_level(Level level) {
    level_ = level;
    terminal_->set_level(to_spdlog(level));
  }
  Level level() const { return level_; }

  void add_file(const std::filesystem::path& path) {
    auto file = std::make_shared<spd::sinks::basic_file_sink_mt>(path.string());
    file->set_level(spd::level::info);
    file->set_formatter(formatter("%Y-%m-%d %H:%M:%S %*%v"));
    logger_.sinks().push_back(std::move(file));
  }

  void write(Level level, std::string_view message) {
    const spd::level::level_enum rank = to_spdlog(level);
    if (terminal_->should_log(rank)) Progress::clear_line();
    logger_.log(rank, spd::string_view_t(message.data(), message.size()));
  }

 private:
  Logger() {
    terminal_->set_formatter(formatter("%^%*%$%v"));
    logger_.set_level(spd::level::debug);  // each sink decides for itself
    logger_.flush_on(spd::level::debug);
    logger_.set_error_handler([told = false](const std::string& reason) mutable {
      if (!std::exchange(told, true)) std::fprintf(stderr, "warning: cannot write the log: %s\n", reason.c_str());
    });
    set_level(Level::info);
  }

  std::atomic<Level> level_ = Level::info;
  std::shared_ptr<spd::sinks::ansicolor_stderr_sink_mt> terminal_ =
      std::make_shared<spd::sinks::ansicolor_stderr_sink_mt>(color_mode());
  spd::logger logger_{"heed", terminal_};
};

/// Line breaks and tabs are the writer's own; anything else that could steer a terminal is shown as \xNN.
std::string escape_controls(std::string_view message) {
  std::string result;
  while (!message.empty()) {
    const std::size_t length = std::min(message.find_first_of("\n\t"), message.size());
    result += printable(message.substr(0, length), std::string::npos);
    if (length < message.size()) result += message[length];
    message.remove_prefix(std::min(length + 1, message.size()));
  }
  return result;
}

void write(Level level, std::string_view message) {
  Logger::instance().write(level, escape_controls(message));
}

}  // namespace

void set_level(Level level) {
  Logger::instance().set_level(level);
}
Level level() {
  return Logger::instance().level();
}

void also_to_file(const std::filesystem::path& path) {
  // Tried first by hand, because the logger would make missing directories and retry in silence.
  const int probe =
      retry([&] { return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666); });
  const int error = errno;
  if (probe >= 0) ::close(probe);
  if (probe < 0)
    throw data_error("cannot open log file " + path.string() + ": " + std::generic_category().message(error) +
                     "; does its directory exist, and may you write there?");
  Logger::instance().add_file(path);
}

void debug(std::string_view message) {
  write(Level::debug, message);
}
void info(std::string_view message) {
  write(Level::info, message);
}
void warning(std::string_view message) {
  write(Level::warning, message);
}
void error(std::string_view message) {
  write(Level::error, message);
}

}  // namespace heed::log
