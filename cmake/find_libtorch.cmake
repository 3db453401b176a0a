# Finds LibTorch >= 2.6: LIBTORCH, Torch_DIR or CMAKE_PREFIX_PATH first, then python3's torch, then the project's own
# environment (.venv). A CUDA build without the CUDA toolkit cannot be linked to and is passed over.

set(HEED_TORCH_MINIMUM 2.6)

# Sets `result` to the Torch CMake folder of a torch or libtorch folder, or to an empty string with a note.
function(heed_usable_torch folder result)
  set(${result} "" PARENT_SCOPE)
  set(config "${folder}/share/cmake/Torch")
  if(NOT EXISTS "${config}/TorchConfig.cmake")
    return()
  endif()
  file(STRINGS "${config}/TorchConfigVersion.cmake" line REGEX "^set\\(PACKAGE_VERSION ")
  string(REGEX MATCH "[0-9]+(\\.[0-9]+)+" version "${line}")
  if(version VERSION_LESS HEED_TORCH_MINIMUM)
    message(STATUS "LibTorch ${version} in ${folder} is passed over: ${HEED_TORCH_MINIMUM} or newer is needed")
    return()
  endif()
  find_program(HEED_NVCC nvcc PATHS "$ENV{CUDA_HOME}/bin" /usr/local/cuda/bin)
  if(EXISTS "${folder}/lib/libtorch_cuda.so" AND NOT HEED_NVCC)
    message(STATUS "LibTorch ${version} in ${folder} is passed over: it is a CUDA build and the CUDA toolkit (nvcc) is missing")
    return()
  endif()
  set(${result} "${config}" PARENT_SCOPE)
endfunction()

if(NOT Torch_DIR)
  if(DEFINED ENV{LIBTORCH} AND NOT LIBTORCH)
    set(LIBTORCH "$ENV{LIBTORCH}")
  endif()
  if(LIBTORCH)
    heed_usable_torch("${LIBTORCH}" HEED_TORCH_CONFIG)
    if(NOT HEED_TORCH_CONFIG)
      message(FATAL_ERROR "LIBTORCH is '${LIBTORCH}', which holds no usable LibTorch (share/cmake/Torch/TorchConfig.cmake)")
    endif()
    set(Torch_DIR "${HEED_TORCH_CONFIG}" CACHE PATH "Folder of TorchConfig.cmake")
  else()
    find_package(Torch ${HEED_TORCH_MINIMUM} QUIET CONFIG)
  endif()
endif()

if(NOT Torch_FOUND AND NOT Torch_DIR)
  find_program(HEED_PYTHON3 python3)
  if(HEED_PYTHON3)
    # Looking for the package's folder is quick; importing it takes seconds.
    execute_process(
      COMMAND "${HEED_PYTHON3}" -c "import importlib.util as u; s = u.find_spec('torch'); print(list(s.submodule_search_locations)[0])"
      OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  file(GLOB own "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
  foreach(candidate IN LISTS folder own)
    heed_usable_torch("${candidate}" HEED_TORCH_CONFIG)
    if(HEED_TORCH_CONFIG)
      set(Torch_DIR "${HEED_TORCH_CONFIG}" CACHE PATH "Folder of TorchConfig.cmake" FORCE)
      break()
    endif()
  endforeach()
endif()

if(NOT Torch_FOUND)
  find_package(Torch ${HEED_TORCH_MINIMUM} QUIET CONFIG)
endif()
if(NOT Torch_FOUND)
  message(FATAL_ERROR
    "LibTorch ${HEED_TORCH_MINIMUM} or newer was not found. Run ./x build, which installs it into the project, or name "
    "the folder of yours: -DCMAKE_PREFIX_PATH=/path/to/libtorch (of a Python installation: "
    "python3 -c 'import torch; print(torch.utils.cmake_prefix_path)').")
endif()
message(STATUS "LibTorch ${Torch_VERSION} in ${Torch_DIR}")
