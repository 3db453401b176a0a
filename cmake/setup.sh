# Set-up of a machine, sourced by x. With everything in place it only looks at files and needs no network.

torch_minimum=2.6
torch_version=2.13.0+cpu
torch_index=https://download.pytorch.org/whl/cpu
clang_format_version=18.1.8
ctranslate2=(ctranslate2==4.8.5 numpy==2.4.6 sentencepiece==0.2.1)
venv=.venv

say() { printf '\n%s\n' "== $*" >&2; }
note() { printf '%s\n' "note: $*" >&2; }
fail() {
  printf '%s\n' "error: $*" >&2
  exit 1
}

# setup [test|format|bench|fuzz]: installs what building needs, and for these what they need besides.
# Leaves the folder of TorchConfig.cmake in $torch_dir.
setup() {
  local purpose=${1:-build}
  install_packages "$purpose"
  if [ "$purpose" = test ] || [ "$purpose" = format ]; then pip_install_once "clang-format==$clang_format_version"; fi
  if [ "$purpose" != format ] && [ "$purpose" != fuzz ]; then install_libtorch; fi
  if [ "$purpose" = test ] || [ "$purpose" = bench ]; then pip_install_once "${ctranslate2[@]}"; fi
  if [ "$purpose" = bench ]; then install_python_torch; fi
}

# --- Packages -------------------------------------------------------------------------------------------------------

# purpose | Debian package | what it is | what shows that it is there (a command, a header, or a working libFuzzer)
package_table() {
  cat <<'END'
build|g++|the C++ compiler|command g++
build|cmake|the build system (3.23 or newer)|cmake 3.23
build|ninja-build|runs the build|command ninja
build|python3|finds LibTorch, runs checks|command python3
build|libcli11-dev|command lines|header CLI/CLI.hpp
build|libtomlplusplus-dev|settings files|header toml++/toml.h
build|libspdlog-dev|logging|header spdlog/spdlog.h
build|nlohmann-json3-dev|JSON|header nlohmann/json.hpp
build|libsentencepiece-dev|subwords|header sentencepiece_trainer.h
build|zlib1g-dev|.gz files and checksums|header zlib.h
build|libopencv-core-dev|pictures|header opencv4/opencv2/core.hpp
build|libopencv-imgproc-dev|scaling pictures|header opencv4/opencv2/imgproc.hpp
build|libopencv-imgcodecs-dev|picture files|header opencv4/opencv2/imgcodecs.hpp
build|libarchive-dev|tar and zip files|header archive.h
build|libgif-dev|animated GIF files|header gif_lib.h
test|catch2|unit tests|header catch2
test|curl|asks the server of the README|command curl
fuzz|clang|the compiler that has libFuzzer|command clang++
fuzz|libclang-rt-dev|libFuzzer and its sanitizers|fuzzer
END
}

version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

header_exists() {
  local folder
  for folder in /usr/include /usr/local/include $(tr ":;" "  " <<<"${CPATH:-} ${CMAKE_PREFIX_PATH:-}"); do
    if [ -e "$folder/$1" ] || [ -e "$folder/include/$1" ]; then return 0; fi
  done
  return 1
}

is_there() {
  case $1 in
    command) command -v "$2" >/dev/null ;;
    header) header_exists "$2" ;;
    fuzzer) fuzzer_works ;;
    cmake) command -v cmake >/dev/null && version_at_least "$(cmake --version | awk 'NR==1 {print $3}')" "$2" ;;
  esac
}

# Its libraries stand in a folder of the compiler's own.
fuzzer_works() {
  clang++ -fsanitize=fuzzer,address,undefined -x c++ - -o /dev/null 2>/dev/null <<<'
    extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'
}

install_packages() {
  local for_purpose package what probe missing=() described=()
  while IFS='|' read -r for_purpose package what probe; do
    [ "$for_purpose" = build ] || [ "$for_purpose" = "$1" ] || continue
    # Formatting needs Python alone.
    [ "$1" != format ] || [ "$package" = python3 ] || continue
    # shellcheck disable=SC2086
    is_there $probe && continue
    missing+=("$package")
    described+=("$package ($what)")
  done < <(package_table)
  [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}" -- "${described[@]}"
}

# apt_install PACKAGE... -- DESCRIPTION...
apt_install() {
  local packages=() root=()
  while [ "$1" != -- ]; do
    packages+=("$1")
    shift
  done
  shift
  local fix="install them (Debian and Ubuntu: apt-get install ${packages[*]}) and run this again"
  command -v apt-get >/dev/null || fail "missing: $(join_lines "$@"); $fix"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "missing: $(join_lines "$@"); there is no sudo here, so as root $fix"
    root=(sudo)
  fi
  say "installing with apt: $(join_lines "$@")"
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q)
  "${apt[@]}" update >&2 || note "apt-get update failed; trying with the package lists that are there"
  "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >&2 ||
    fail "apt-get could not install ${packages[*]} (its message is above); $fix"
}

join_lines() {
  local joined=$1
  shift
  [ $# -eq 0 ] || joined+=$(printf ', %s' "$@")
  printf '%s' "$joined"
}

# --- Python's own environment in the project, for LibTorch, clang-format and CTranslate2 -------------------------------

make_venv() {
  [ -x "$venv/bin/pip" ] && return
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    apt_install python3-venv -- "python3-venv (a Python environment inside the project)"
  say "making the Python environment $venv inside the project"
  rm -rf "$venv"
  python3 -m venv "$venv" >&2 || fail "python3 could not make $venv; free the disk or install python3-venv, then run this again"
}

# No warnings: what Python's torch imports is missing on purpose, see install_libtorch.
pip_install() { "$venv/bin/pip" install --quiet --disable-pip-version-check --no-warn-conflicts "$@" >&2; }

# pip_install_once PACKAGE==VERSION...: asks neither pip nor the network when a marker says that they are there.
pip_install_once() {
  local marker="$venv/$*"
  [ -e "$marker" ] && return
  make_venv
  say "installing $* into $venv"
  pip_install "$@" || fail "pip could not install $*; check the network or pip's configuration"
  touch "$marker"
}

# --- LibTorch -------------------------------------------------------------------------------------------------------

# usable_libtorch FOLDER: sets torch_dir when the folder holds a LibTorch that can be built against.
usable_libtorch() {
  local config=$1/share/cmake/Torch version
  [ -e "$config/TorchConfig.cmake" ] || return 1
  version=$(sed -n 's/^set(PACKAGE_VERSION "\([0-9.]*\).*/\1/p' "$config/TorchConfigVersion.cmake")
  if ! version_at_least "$version" "$torch_minimum"; then
    note "LibTorch $version in $1 is passed over: $torch_minimum or newer is needed"
    return 1
  fi
  if [ -e "$1/lib/libtorch_cuda.so" ] && ! cuda_toolkit_exists; then
    note "LibTorch $version in $1 is passed over: it is a CUDA build and the CUDA toolkit (nvcc) is missing"
    return 1
  fi
  torch_dir=$config
}

cuda_toolkit_exists() {
  command -v nvcc >/dev/null || [ -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ]
}

# Finding the package's folder is quick; importing it takes seconds.
python_libtorch() {
  "$1" -c 'import importlib.util as u; s = u.find_spec("torch"); print(list(s.submodule_search_locations)[0])' 2>/dev/null
}

find_libtorch() {
  local folder
  local -a prefixes=()
  IFS=';:' read -r -a prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for folder in "${LIBTORCH:-}" "${Torch_DIR:+$Torch_DIR/../../..}" "${prefixes[@]}"; do
    [ -n "$folder" ] || continue
    # torch.utils.cmake_prefix_path names share/cmake inside the folder.
    case ${folder%/} in */share/cmake) folder=${folder%/}/../.. ;; esac
    if [ -d "$folder" ] && usable_libtorch "$(cd "$folder" && pwd)"; then return 0; fi
  done
  if folder=$(python_libtorch python3) && usable_libtorch "$folder"; then return 0; fi
  for folder in "$PWD/$venv"/lib/python3*/site-packages/torch; do
    if usable_libtorch "$folder"; then return 0; fi
  done
  return 1
}

install_libtorch() {
  find_libtorch && return
  make_venv
  say "installing LibTorch ($torch_version, CPU, about 200 MB) into $venv"
  # Only its C++ library is used here, so what Python's torch imports is left out.
  pip_install --no-deps "torch==$torch_version" || {
    note "pip, as it is configured, has no torch==$torch_version; asking PyTorch's own index"
    pip_install --no-deps "torch==$torch_version" --index-url "$torch_index"
  } || fail "LibTorch could not be installed: check the network or pip's configuration, or get a LibTorch >= $torch_minimum" \
    "yourself and name its folder: LIBTORCH=/path/to/libtorch ./x build"
  find_libtorch || fail "pip installed torch==$torch_version, but $venv holds no usable LibTorch; remove $venv and try again"
}

# --- What benchmarks compare with -----------------------------------------------------------------------------------

install_python_torch() {
  "$venv/bin/python" -c 'import torch' 2>/dev/null && return
  say "installing Python's PyTorch into $venv, to compare with"
  # With what its Python side needs, which install_libtorch leaves out.
  pip_install "torch==$torch_version" || pip_install "torch==$torch_version" --index-url "$torch_index" ||
    fail "pip could not install torch==$torch_version; check the network or pip's configuration"
}

# --- Jobs -----------------------------------------------------------------------------------------------------------

# A source that includes LibTorch takes up to 1.4 GB to compile: as many jobs as cores and available memory allow.
build_jobs() {
  local cores memory limit
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)
  if [ -r /sys/fs/cgroup/memory.max ] && read -r limit </sys/fs/cgroup/memory.max && [ "$limit" != max ]; then
    limit=$((limit / 1048576))
    [ "$limit" -ge "$memory" ] || memory=$limit
  fi
  local jobs=$((memory / 1600))
  [ "$jobs" -le "$cores" ] || jobs=$cores
  [ "$jobs" -ge 1 ] || jobs=1
  echo "$jobs"
}
