// SentencePiece and LibTorch both export a variable of this name: there an object of some size, here an int. Where
// LibTorch's is found first, SentencePiece's overwrites what stands behind it, such as whether a failed allocation
// ends the process instead of throwing. Ours comes before both and has room for either; nobody reads it.
alignas(64) char FLAGS_minloglevel[256] = {};
