#pragma once

/// One binary for every machine: a function marked HEED_CLONES is compiled once for each of several instruction sets,
/// and the loader picks. What it calls has to be inlined into it (HEED_INLINE), or stays code for the oldest machine.
/// For the CPU loops of this folder (files *_kernel.cpp), which are free of LibTorch.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define HEED_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HEED_CLONES
#endif
#define HEED_INLINE [[gnu::always_inline]] inline
#define HEED_INLINE_LAMBDA __attribute__((always_inline))
