// Preloaded, it aborts a program that opens a file whose name ends in `fatal.png`: a stand-in for a
// file that crashes a decoder.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

std::FILE* open_with(const char* function, const char* name, const char* mode) {
  using Open = std::FILE* (*)(const char*, const char*);
  if (std::string_view(name).ends_with("fatal.png")) std::abort();
  return reinterpret_cast<Open>(::dlsym(RTLD_NEXT, function))(name, mode);
}

}  // namespace

extern "C" std::FILE* fopen(const char* name, const char* mode) {
  return open_with("fopen", name, mode);
}

extern "C" std::FILE* fopen64(const char* name, const char* mode) {
  return open_with("fopen64", name, mode);
}
