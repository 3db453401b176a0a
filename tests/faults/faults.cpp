// Preloaded into a program (LD_PRELOAD): lets the n-th call fail that changes files below one directory.
//
// FAULTS_DIRECTORY  where calls count, an absolute path; making it and syncing the one that it is in count, too
// FAULTS_AT         number of the call, from 1; without it none fails
// FAULTS_KIND       KILL, TERM (a SIGTERM to itself; the call goes on), SHORT (half of a write), POWER, or the name of
//                   an error
// FAULTS_ONWARD     when set, later calls fail too, as on a disk that stays full
// FAULTS_KEEP       POWER: how many changes of names since the last sync of a directory outlive it
// FAULTS_LOG        file that gets a line for each call: its name and path, and FAILED before those that were let fail
//
// And whatever the program does besides:
//
// FAULTS_CLOCK_JUMP     seconds by which the wall clock jumps, forwards or backwards
// FAULTS_CLOCK_AFTER    after so many readings of it
// FAULTS_NO_LOCKS       when set, files cannot be locked, as on some network file systems
// FAULTS_LARGEST_BLOCK  larger blocks of memory than so many bytes cannot be had by the call that LibTorch uses
// FAULTS_MEMORY         that call gives none that would bring all blocks in use above so many bytes
// FAULTS_MEMORY_LOG     file that gets the most bytes that were in use when it gave one
//
// POWER is what a power cut leaves: all that was synced, of other files no more than was synced, and of renames, links,
// new and deleted names after a directory's last sync only the first FAULTS_KEEP. A kill keeps all of it.

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

struct WrittenFile {
  int own;  // a descriptor of ours
  off_t synced;
};

struct NameChange {
  enum class Kind { created, directory, renamed, linked, unlinked } kind;
  std::string from, to, backup;  // `to`: where the change is seen; with a single name, both
};

// Never destroyed: the program's last calls come after all destructors.
auto& files = *new std::map<ino_t, WrittenFile>;
auto& changes = *new std::vector<NameChange>;  // since the last sync of a directory
int backups = 0;
long calls = 0;

template <class Function>
Function* real(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
#define REAL(name) real(&::name, #name)

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool is_below(std::string_view path) {
  const std::string directory = setting("FAULTS_DIRECTORY");
  return !directory.empty() && path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/')));
}

// As programs name files, from where they run.
std::string full(const char* path) {
  std::string text = std::filesystem::absolute(path).lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string link_to(int descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor);
}

std::string path_of(int descriptor) {
  std::array<char, PATH_MAX> path;
  const ssize_t size = readlink(link_to(descriptor).c_str(), path.data(), path.size());
  return {path.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
}

bool is_below(int descriptor) {
  return is_below(path_of(descriptor));
}

bool is_written(int descriptor) {
  return (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

// Nothing for a directory.
WrittenFile* file_of(int descriptor) {
  struct stat status = {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  const auto found = files.find(status.st_ino);
  if (found != files.end()) return &found->second;
  const int own = REAL(open)(link_to(descriptor).c_str(), O_WRONLY | O_CLOEXEC);
  return &files.emplace(status.st_ino, WrittenFile{own, status.st_size}).first->second;
}

// Another name for what is about to lose its own, beside the directory; empty when there is nothing.
std::string kept(const std::string& path) {
  const std::string backup = setting("FAULTS_DIRECTORY") + ".backup-" + std::to_string(backups++);
  REAL(unlink)(backup.c_str());
  return REAL(linkat)(AT_FDCWD, path.c_str(), AT_FDCWD, backup.c_str(), 0) == 0 ? backup : "";
}

// Forgets the changes of names in a directory; with an empty name, in all of them.
void forget_changes(const std::string& directory = {}) {
  std::erase_if(changes, [&](const NameChange& change) {
    if (!directory.empty() && folder_of(change.to) != directory) return false;
    if (!change.backup.empty()) REAL(unlink)(change.backup.c_str());
    return true;
  });
}

void cut_power() {
  const auto outlive = static_cast<std::size_t>(std::atoi(setting("FAULTS_KEEP").c_str()));
  for (std::size_t i = changes.size(); i > outlive; --i) {
    const NameChange& change = changes[i - 1];
    using Kind = NameChange::Kind;
    if (change.kind == Kind::created || change.kind == Kind::linked) REAL(unlink)(change.to.c_str());
    if (change.kind == Kind::directory) std::filesystem::remove_all(change.to);
    if (change.kind == Kind::renamed) REAL(rename)(change.to.c_str(), change.from.c_str());
    if (!change.backup.empty()) REAL(linkat)(AT_FDCWD, change.backup.c_str(), AT_FDCWD, change.to.c_str(), 0);
  }
  forget_changes();
  for (const auto& [inode, file] : files) {
    struct stat status = {};
    if (fstat(file.own, &status) == 0 && status.st_size > file.synced && REAL(ftruncate)(file.own, file.synced) != 0)
      std::abort();
  }
}

int error_named(const std::string& name) {
  static const std::map<std::string, int> errors = {
      {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EDQUOT", EDQUOT}, {"EINTR", EINTR}, {"EROFS", EROFS}};
  const auto found = errors.find(name);
  return found != errors.end() ? found->second : 0;
}

constexpr int kShort = -1;

// Writes a call down: a program may end without a word.
void report(bool fails, const char* name, const std::string& path) {
  static const std::string log = setting("FAULTS_LOG");
  static const int descriptor =
      log.empty() ? -1 : REAL(open)(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  const std::string line = (fails ? "FAILED " : "") + std::string(name) + " " + path + "\n";
  if (descriptor >= 0 && REAL(write)(descriptor, line.data(), line.size()) < 0) std::abort();
}

struct Call {
  const char* name;
  std::string path;
  bool can_be_interrupted = true, can_be_short = false;
};

// Counts a call. Returns 0 when it may go on, the number of the error that it has to fail with, or kShort.
int next_call(const Call& call) {
  ++calls;
  const std::string kind = setting("FAULTS_KIND");
  const long at = std::atol(setting("FAULTS_AT").c_str());
  const bool meant = at != 0 && (calls == at || (calls > at && !setting("FAULTS_ONWARD").empty()));
  int error = meant ? error_named(kind) : 0;
  if (error == EINTR && !call.can_be_interrupted) error = 0;
  if (meant && kind == "SHORT" && call.can_be_short) error = kShort;
  report(error != 0, call.name, call.path);
  if (meant && kind == "POWER") cut_power();
  if (meant && (kind == "POWER" || kind == "KILL")) kill(getpid(), SIGKILL);
  if (meant && kind == "TERM") kill(getpid(), SIGTERM);
  return error;
}

int fail(int error) {
  errno = error;
  return -1;
}

int open_counted(const char* path, int flags, mode_t mode) {
  const std::string name = full(path);
  const bool writes = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0 && is_below(name);
  if (!writes) return REAL(open)(path, flags, mode);
  if (const int error = next_call({"open", name}); error > 0) return fail(error);
  const bool existed = access(path, F_OK) == 0;
  const int descriptor = REAL(open)(path, flags, mode);
  if (descriptor < 0) return descriptor;
  WrittenFile* file = file_of(descriptor);
  if (!existed) changes.push_back({NameChange::Kind::created, name, name, ""});
  if (!existed && file != nullptr) file->synced = 0;
  return descriptor;
}

// By how much the wall clock is off at this reading.
time_t clock_offset() {
  static const long jump = std::atol(setting("FAULTS_CLOCK_JUMP").c_str()),
                    after = std::atol(setting("FAULTS_CLOCK_AFTER").c_str());
  static std::atomic<long> readings = 0;
  return jump != 0 && ++readings > after ? jump : 0;
}

// Whether FAULTS_MEMORY allows one more block; notes the most that was in use.
bool has_room(std::size_t size) {
  static const auto limit = static_cast<std::size_t>(std::atol(setting("FAULTS_MEMORY").c_str()));
  static const std::string log = setting("FAULTS_MEMORY_LOG");
  static std::size_t most = 0;
  static std::mutex mutex;
  if (limit == 0 && log.empty()) return true;
  const struct mallinfo2 memory = mallinfo2();
  const std::size_t needed = memory.uordblks + memory.hblkhd + size;
  if (limit > 0 && needed > limit) return false;
  const std::lock_guard lock(mutex);
  if (needed > most && !log.empty()) std::ofstream(log) << needed;
  most = std::max(most, needed);
  return true;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return open_counted(path, flags, mode);
}
int open64(const char* path, int flags, ...) __attribute__((alias("open")));

ssize_t write(int descriptor, const void* data, size_t size) {
  if (!is_below(descriptor)) return REAL(write)(descriptor, data, size);
  const int error = next_call({.name = "write", .path = path_of(descriptor), .can_be_short = size > 1});
  if (error > 0) return fail(error);
  file_of(descriptor);
  return REAL(write)(descriptor, data, error == kShort ? size / 2 : size);
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
  const int error = is_below(descriptor) ? next_call({"pwrite", path_of(descriptor)}) : 0;
  return error > 0 ? fail(error) : REAL(pwrite)(descriptor, data, size, offset);
}
ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) __attribute__((alias("pwrite")));

int fallocate(int descriptor, int mode, off_t offset, off_t size) {
  const int error = is_below(descriptor) ? next_call({"fallocate", path_of(descriptor)}) : 0;
  return error > 0 ? fail(error) : REAL(fallocate)(descriptor, mode, offset, size);
}
int fallocate64(int descriptor, int mode, off64_t offset, off64_t size) __attribute__((alias("fallocate")));

int ftruncate(int descriptor, off_t size) noexcept {
  const int error = is_below(descriptor) ? next_call({"ftruncate", path_of(descriptor)}) : 0;
  return error > 0 ? fail(error) : REAL(ftruncate)(descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) noexcept __attribute__((alias("ftruncate")));

int fsync(int descriptor) {
  const std::string path = path_of(descriptor);
  if (!is_below(path) && path != folder_of(setting("FAULTS_DIRECTORY"))) return REAL(fsync)(descriptor);
  if (const int error = next_call({"fsync", path}); error > 0) return fail(error);
  struct stat status = {};
  WrittenFile* file = file_of(descriptor);
  if (file == nullptr) forget_changes(path);  // of a directory
  if (file != nullptr && fstat(descriptor, &status) == 0) file->synced = status.st_size;
  return REAL(fsync)(descriptor);
}

int close(int descriptor) {
  const bool counts = is_below(descriptor) && is_written(descriptor);
  const int error = counts ? next_call({"close", path_of(descriptor)}) : 0, result = REAL(close)(descriptor);
  return error > 0 ? fail(error) : result;
}

int mkdir(const char* path, mode_t mode) noexcept {
  const std::string name = full(path);
  if (!is_below(name) || access(path, F_OK) == 0) return REAL(mkdir)(path, mode);
  if (const int error = next_call({"mkdir", name, false}); error > 0) return fail(error);
  const int result = REAL(mkdir)(path, mode);
  if (result == 0) changes.push_back({NameChange::Kind::directory, name, name, ""});
  return result;
}

int rename(const char* from, const char* to) noexcept {
  const std::string name = full(to);
  if (!is_below(name)) return REAL(rename)(from, to);
  if (const int error = next_call({"rename", name, false}); error > 0) return fail(error);
  const std::string backup = kept(name);
  const int result = REAL(rename)(from, to);
  if (result == 0) changes.push_back({NameChange::Kind::renamed, full(from), name, backup});
  return result;
}

int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags) noexcept {
  const std::string name = full(to);
  if (!is_below(name)) return REAL(linkat)(from_directory, from, to_directory, to, flags);
  if (const int error = next_call({"linkat", name, false}); error > 0) return fail(error);
  const int result = REAL(linkat)(from_directory, from, to_directory, to, flags);
  if (result == 0) changes.push_back({NameChange::Kind::linked, full(from), name, ""});
  return result;
}

int unlink(const char* path) noexcept {
  const std::string name = full(path);
  if (!is_below(name) || access(path, F_OK) != 0) return REAL(unlink)(path);
  if (const int error = next_call({"unlink", name, false}); error > 0) return fail(error);
  const std::string backup = kept(name);
  const int result = REAL(unlink)(path);
  if (result == 0) changes.push_back({NameChange::Kind::unlinked, name, name, backup});
  return result;
}

int flock(int descriptor, int operation) noexcept {
  return setting("FAULTS_NO_LOCKS").empty() ? REAL(flock)(descriptor, operation) : fail(ENOLCK);
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += clock_offset();
  return result;
}

int gettimeofday(timeval* now, void* zone) noexcept {
  const int result = static_cast<int>(syscall(SYS_gettimeofday, now, zone));
  if (result == 0) now->tv_sec += clock_offset();
  return result;
}

time_t time(time_t* result) noexcept {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}

int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  static const long largest = std::atol(setting("FAULTS_LARGEST_BLOCK").c_str());
  if (largest > 0 && size > static_cast<size_t>(largest)) return ENOMEM;
  if (!has_room(size)) return ENOMEM;
  static auto* const next = REAL(posix_memalign);
  return next(block, alignment, size);
}

}  // extern "C"
