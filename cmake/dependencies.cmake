# Everything that heed needs from outside. Each missing piece ends the configuration with its Debian package's name.

include(find_libtorch)

macro(heed_find_package name package)
  find_package(${name} QUIET ${ARGN})
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${name} was not found: install it (Debian and Ubuntu: apt-get install ${package})")
  endif()
endmacro()

function(heed_find_header variable header package)
  find_path(${variable} ${header})
  if(NOT ${variable})
    message(FATAL_ERROR "${header} was not found: install it (Debian and Ubuntu: apt-get install ${package})")
  endif()
endfunction()

heed_find_package(Threads libc6-dev)
heed_find_package(nlohmann_json nlohmann-json3-dev)
heed_find_package(spdlog libspdlog-dev)
heed_find_package(ZLIB zlib1g-dev)
heed_find_package(HeedOpenCV "libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev")
heed_find_package(LibArchive libarchive-dev)
heed_find_package(GIF libgif-dev 5)
if(HEED_BUILD_APPS OR HEED_BUILD_TESTS)
  heed_find_package(CLI11 libcli11-dev)
  heed_find_header(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h libtomlplusplus-dev)
endif()

# Debian's SentencePiece has no CMake config.
heed_find_header(SENTENCEPIECE_INCLUDE_DIR sentencepiece_trainer.h libsentencepiece-dev)
find_library(SENTENCEPIECE_LIBRARY sentencepiece)
find_library(SENTENCEPIECE_TRAIN_LIBRARY sentencepiece_train)
if(NOT SENTENCEPIECE_LIBRARY OR NOT SENTENCEPIECE_TRAIN_LIBRARY)
  message(FATAL_ERROR "libsentencepiece was not found: install it (Debian and Ubuntu: apt-get install libsentencepiece-dev)")
endif()
add_library(heed_sentencepiece INTERFACE)
target_include_directories(heed_sentencepiece SYSTEM INTERFACE "${SENTENCEPIECE_INCLUDE_DIR}")
target_link_libraries(heed_sentencepiece INTERFACE "${SENTENCEPIECE_TRAIN_LIBRARY}" "${SENTENCEPIECE_LIBRARY}")

if(HEED_BUILD_TESTS)
  heed_find_package(Catch2 catch2)
endif()
