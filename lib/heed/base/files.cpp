#include "heed/base/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/retry.h"
#include "heed/base/temporaries.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryMark = ".tmp-";
constexpr int kMostLinks = 40;  // in a row, as in Linux
constexpr std::size_t kGatheredBytes = std::size_t{64} << 10;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

/// The system's reason and what may help against it.
std::string reason(int error) {
  const std::string text = std::generic_category().message(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return text + "; make room or choose another place";
    case EFBIG:
      return text + "; raise the limit on file sizes (ulimit -f)";
    case EACCES:
    case EPERM:
    case EROFS:
      return text + "; check the permissions there";
    case ENOENT:
    case ENOTDIR:
      return text + "; check the path";
    case EISDIR:
      return text + "; move it out of the way";
    default:
      return text;
  }
}

Error failure(int code, const std::string& message) {
  return {static_cast<ExitCode>(code), message};
}

fs::path directory_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

std::string host_name() {
  std::array<char, 256> buffer = {};
  ::gethostname(buffer.data(), buffer.size() - 1);
  std::string name = buffer.data();
  return name.empty() ? "localhost" : name;
}

bool is_host_character(char character) {
  const bool letter = (character | 0x20) >= 'a' && (character | 0x20) <= 'z';
  return letter || (character >= '0' && character <= '9') || character == '.' || character == '-' || character == '_';
}

/// `.NAME.tmp-HOST-PID` beside `target`.
fs::path temporary_for(const fs::path& target) {
  std::string host = host_name();
  std::replace_if(host.begin(), host.end(), [](char character) { return !is_host_character(character); }, '_');
  return directory_of(target) /
         ("." + target.filename().string() + std::string(kTemporaryMark) + host + "-" + std::to_string(::getpid()));
}

bool is_temporary_name(std::string_view name) {
  const std::size_t mark = name.rfind(kTemporaryMark);
  if (name.empty() || name[0] != '.' || mark == std::string_view::npos || mark < 2) return false;
  const std::string_view host_and_pid = name.substr(mark + kTemporaryMark.size());
  const std::size_t dash = host_and_pid.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == host_and_pid.size()) return false;
  const std::string_view host = host_and_pid.substr(0, dash), pid = host_and_pid.substr(dash + 1);
  return std::all_of(host.begin(), host.end(), is_host_character) &&
         std::all_of(pid.begin(), pid.end(), [](char digit) { return digit >= '0' && digit <= '9'; });
}

/// Makes renames in a directory durable. Some file systems cannot sync directories (EINVAL), and a directory that may
/// be written but not read cannot be opened (EACCES): neither is a failure of the file.
void sync_directory(const fs::path& directory, int failure_code) {
  const Descriptor descriptor(retry([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (descriptor.get() < 0 && errno == EACCES) return;
  const bool synced = descriptor.get() >= 0 && retry([&] { return ::fsync(descriptor.get()); }) == 0;
  if (!synced && errno != EINVAL)
    throw failure(failure_code, "cannot sync directory " + directory.string() + ": " + reason(errno));
}

void rename_file(const fs::path& from, const fs::path& to, int failure_code) {
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  const int error = errno;
  ::unlink(from.c_str());
  throw failure(failure_code,
                "cannot rename " + from.string() + " to " + to.filename().string() + ": " + reason(error));
}

/// Opens a regular file for reading; `size` receives its length.
int open_regular(const fs::path& path, std::uint64_t& size) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const int descriptor = retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (descriptor < 0) throw data_error("cannot open " + path.string() + ": " + reason(errno));
  struct stat status = {};
  const bool known = ::fstat(descriptor, &status) == 0;
  if (known && S_ISREG(status.st_mode)) {
    size = static_cast<std::uint64_t>(status.st_size);
    return descriptor;
  }
  ::close(descriptor);
  if (known && S_ISDIR(status.st_mode)) throw data_error(path.string() + " is a directory, a file is needed");
  throw data_error(path.string() + " is not a regular file (a pipe or a device?); write its content to a file first");
}

/// Writes everything, in as many calls as it takes. Returns 0 or what went wrong.
int write_all(int descriptor, const char* data, std::size_t size, std::uint64_t* written = nullptr) {
  while (size > 0) {
    const ssize_t count = retry([&] { return ::write(descriptor, data, size); });
    if (count <= 0) return count < 0 ? errno : EIO;
    data += count;
    size -= static_cast<std::size_t>(count);
    if (written != nullptr) *written += static_cast<std::uint64_t>(count);
  }
  return 0;
}

void copy_file(const fs::path& from, const fs::path& to, int failure_code) {
  try {
    const MappedFile source(from);
    AtomicFile file(to, failure_code);
    file.reserve(source.bytes().size());
    file.write(source.bytes());
    file.commit();
  } catch (const Error& error) {
    throw failure(failure_code, error.what());
  }
}

}  // namespace

std::string read_file(const fs::path& path, std::uint64_t limit) {
  const auto too_large = [&] {
    return data_error(path.string() + " is too large: more than " + std::to_string(limit) + " bytes");
  };
  std::uint64_t size = 0;
  const Descriptor descriptor(open_regular(path, size));
  if (size > limit) throw too_large();

  // Read up to the end rather than to the size: files in /proc claim to be empty, others may be growing.
  std::string content;
  for (std::size_t filled = 0;;) {
    content.resize(std::max(filled + 4096, static_cast<std::size_t>(size) + 1));
    const ssize_t count = retry([&] { return ::read(descriptor.get(), &content[filled], content.size() - filled); });
    if (count < 0) throw data_error("cannot read " + path.string() + ": " + reason(errno));
    filled += static_cast<std::size_t>(count);
    if (filled > limit) throw too_large();
    if (count == 0) {
      content.resize(filled);
      return content;
    }
  }
}

AtomicFile::AtomicFile(fs::path target, int failure_code) : target_(std::move(target)), failure_code_(failure_code) {
  const auto refuse = [&](const std::string& why) {
    return failure(failure_code_, "cannot write " + target_.string() + ": " + why);
  };
  std::error_code error;
  for (int links = 0; fs::is_symlink(fs::symlink_status(target_, error)); ++links) {  // of a missing file too
    if (links == kMostLinks) throw refuse(reason(ELOOP));
    const fs::path to = fs::read_symlink(target_, error);
    if (error) throw refuse(reason(error.value()));
    target_ = directory_of(target_) / to;
  }
  const fs::file_status status = fs::status(target_, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) throw refuse("what has this name is not a regular file");

  temporary_ = temporary_for(target_);
  ::unlink(temporary_.c_str());  // left by a killed process whose pid came round again
  note_temporary(temporary_.c_str());
  descriptor_ = retry([&] { return ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
  if (descriptor_ < 0) {
    const Error refused = refuse(reason(errno));
    forget_temporary(temporary_.c_str());
    throw refused;
  }
}

AtomicFile::~AtomicFile() {
  forget_temporary(temporary_.c_str());
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::fail(int error) {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  ::unlink(temporary_.c_str());
  throw failure(failure_code_, "cannot write " + target_.string() + " (" + std::to_string(written_) +
                                   " bytes were written): " + reason(error));
}

void AtomicFile::reserve(std::uint64_t bytes) {
  if (bytes == 0) return;
  const int result = retry([&] { return ::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)); });
  if (result != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) fail(errno);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void AtomicFile::write(std::string_view text) {
  if (gathered_.size() + text.size() > kGatheredBytes) flush();
  if (text.size() > kGatheredBytes) return write_now(text);
  gathered_.append(text);
}

void AtomicFile::flush() {
  write_now(gathered_);
  gathered_.clear();
}

void AtomicFile::write_now(std::string_view text) {
  if (const int error = write_all(descriptor_, text.data(), text.size(), &written_); error != 0) fail(error);
}

void AtomicFile::commit(const fs::path& keep_previous_as) {
  flush();
  if (retry([&] { return ::fsync(descriptor_); }) != 0) fail(errno);
  // Linux has released the descriptor even when close was interrupted.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail(errno);
  try {
    if (!keep_previous_as.empty() && fs::exists(target_)) link_atomically(target_, keep_previous_as, failure_code_);
  } catch (...) {
    ::unlink(temporary_.c_str());
    throw;
  }
  rename_file(temporary_, target_, failure_code_);
  sync_directory(directory_of(target_), failure_code_);
}

void write_file_atomically(const fs::path& path, std::string_view text, int failure_code) {
  AtomicFile file(path, failure_code);
  file.write(text);
  file.commit();
}

void append_to_file(const fs::path& path, std::string_view text, int failure_code) {
  const int descriptor = retry([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666); });
  int error = descriptor < 0 ? errno : write_all(descriptor, text.data(), text.size());
  if (error == 0 && retry([&] { return ::fsync(descriptor); }) != 0) error = errno;
  if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR && error == 0) error = errno;
  if (error != 0) throw failure(failure_code, "cannot write " + path.string() + ": " + reason(error));
}

void link_atomically(const fs::path& existing, const fs::path& link, int failure_code) {
  const fs::path temporary = temporary_for(link);
  ::unlink(temporary.c_str());
  if (::linkat(AT_FDCWD, existing.c_str(), AT_FDCWD, temporary.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    constexpr std::array kNoHardLinks = {EPERM, EXDEV, EMLINK, EOPNOTSUPP, ENOSYS};
    if (std::find(kNoHardLinks.begin(), kNoHardLinks.end(), errno) == kNoHardLinks.end())
      throw failure(failure_code, "cannot link " + existing.string() + " as " + link.string() + ": " + reason(errno));
    copy_file(existing, link, failure_code);
    return;
  }
  rename_file(temporary, link, failure_code);
  ::unlink(temporary.c_str());  // rename() leaves both names alone when they are the same file already
  sync_directory(directory_of(link), failure_code);
}

void make_directory(const fs::path& path, int failure_code) {
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path folder = path.has_filename() ? path : path.parent_path(); !folder.empty() && !fs::exists(folder, error);
       folder = folder.parent_path())
    missing.push_back(folder);
  fs::create_directories(path, error);
  if (!error && !fs::is_directory(path)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw failure(failure_code, "cannot make the directory " + path.string() + ": " + reason(error.value()));
  for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder)
    sync_directory(directory_of(*folder), failure_code);
}

void remove_file(const fs::path& path, int failure_code) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    throw failure(failure_code, "cannot remove " + path.string() + ": " + reason(errno));
}

void remove_stale_temporaries(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> stale;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    if (is_temporary_name(entry->path().filename().string()) && fs::is_regular_file(entry->symlink_status(unknown)))
      stale.push_back(entry->path());
  }
  if (error) throw checkpoint_error("cannot list directory " + directory.string() + ": " + reason(error.value()));
  for (const fs::path& path : stale) ::unlink(path.c_str());
}

DirectoryLock::DirectoryLock(const fs::path& directory) {
  const fs::path path = directory / ".lock";
  const auto refuse = [&](int error) {
    return checkpoint_error("cannot use directory " + directory.string() + " (opening " + path.string() +
                            "): " + reason(error));
  };
  descriptor_ = retry([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666); });
  if (descriptor_ < 0) throw refuse(errno);
  if (retry([&] { return ::flock(descriptor_, LOCK_EX | LOCK_NB); }) != 0) {
    const int error = errno;
    if (error == EWOULDBLOCK) {
      std::array<char, 512> holder = {};
      const ssize_t size = retry([&] { return ::pread(descriptor_, holder.data(), holder.size(), 0); });
      ::close(descriptor_);
      const std::string_view text(holder.data(), static_cast<std::size_t>(std::max<ssize_t>(0, size)));
      throw usage_error("directory " + directory.string() + " is in use by another process (" +
                        (text.empty() ? "unknown" : printable(text, holder.size())) +
                        "); wait for it, stop it, or choose another directory");
    }
    if (error != ENOSYS && error != EOPNOTSUPP && error != ENOLCK) {
      ::close(descriptor_);
      throw refuse(error);
    }
    log::warning("directory " + directory.string() + " cannot be locked on its file system (" +
                 std::generic_category().message(error) + "); make sure that only one process uses it");
  }

  std::array<char, 32> time = {};
  const std::time_t now = std::time(nullptr);
  std::tm utc = {};
  ::gmtime_r(&now, &utc);
  std::strftime(time.data(), time.size(), "%Y-%m-%d %H:%M:%S UTC", &utc);
  const std::string holder =
      "host " + host_name() + ", pid " + std::to_string(::getpid()) + ", since " + std::string(time.data());
  const bool written = retry([&] { return ::ftruncate(descriptor_, 0); }) == 0 &&
                       retry([&] { return ::pwrite(descriptor_, holder.data(), holder.size(), 0); }) ==
                           static_cast<ssize_t>(holder.size());
  if (!written) {
    const int error = errno;
    ::close(descriptor_);
    throw refuse(error);
  }
}

DirectoryLock::~DirectoryLock() {
  ::close(descriptor_);
}

MappedFile::MappedFile(const fs::path& path) {
  std::uint64_t size = 0;
  const Descriptor descriptor(open_regular(path, size));
  if (size == 0) return;
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
  if (mapped == MAP_FAILED) throw data_error("cannot map " + path.string() + ": " + reason(errno));
  data_ = static_cast<const std::byte*>(mapped);
  size_ = size;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace heed
