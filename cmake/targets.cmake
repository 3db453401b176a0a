# How heed's own targets are compiled.

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(HEED_CCACHE ccache)
  if(HEED_CCACHE)
    # Without this it passes precompiled headers by.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${HEED_CCACHE}")
  endif()
endif()

function(heed_configure_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms about joined std::strings, mended in g++ 13.
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(HEED_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(HEED_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${HEED_SANITIZE} -fno-sanitize-recover=undefined
                                             -fno-omit-frame-pointer)
    # With sanitizers, g++ 12 sees uninitialised members inside the standard library that are not.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(${target} PRIVATE -fsanitize=${HEED_SANITIZE})
  endif()
  if(HEED_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# heed_compile_together(target): with HEED_FAST_BUILD, several sources at a time, in the order of their names. Names in
# their unnamed namespaces meet.
function(heed_compile_together target)
  if(HEED_FAST_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    # Included in another, a source looks like a header to g++, whose classes had better not hold unnamed ones.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# heed_compile_fast(target [owner]): with HEED_FAST_BUILD, together and with LibTorch's headers precompiled; targets that
# are compiled alike share their owner's header.
function(heed_compile_fast target)
  if(NOT HEED_FAST_BUILD)
    return()
  endif()
  heed_compile_together(${target})
  # A define of the target's own would keep it from sharing.
  set_target_properties(${target} PROPERTIES DEFINE_SYMBOL "")
  if(ARGC GREATER 1)
    target_precompile_headers(${target} REUSE_FROM ${ARGV1})
  else()
    target_precompile_headers(${target} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/precompiled.h")
  endif()
endfunction()
