#pragma once

namespace cxr {

/// How many threads to work with: `wanted`; where that is 0, OMP_NUM_THREADS, else one for each
/// core that this process may use.
int thread_count(int wanted);

/// Lets LibTorch and OpenCV compute with this many threads. Some builds of LibTorch start with one.
void use_threads(int count);

/// While it lives, LibTorch and OpenCV compute on the very thread that asks, so that several
/// threads can work side by side without waiting for each other in the middle of a layer. Make it
/// before those threads begin, and let each call begin_thread() first. The process's settings are
/// put back at the end.
class OneCoreEach {
 public:
  OneCoreEach();
  ~OneCoreEach();
  OneCoreEach(const OneCoreEach&) = delete;
  OneCoreEach& operator=(const OneCoreEach&) = delete;

  static void begin_thread();

 private:
  int torch_threads_;
  int opencv_threads_;
};

}  // namespace cxr
