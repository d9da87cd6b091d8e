# Installs the build in BUILD to a folder of its own, and builds and runs the consumer against that.
file(REMOVE_RECURSE ${WORK})
function(run)
  execute_process(COMMAND ${ARGV} OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGV}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed)
foreach(file bin/cxr-infer bin/cxr-train bin/cxr-evaluate share/man/man1/cxr-infer.1
        share/bash-completion/completions/cxr-infer share/zsh/site-functions/_cxr-infer
        share/cxr-infer/config/model-config.json share/cxr-infer/models/segmenter.pt)
  if(NOT EXISTS ${WORK}/installed/${file})
    message(FATAL_ERROR "${file} is not installed")
  endif()
endforeach()
# The installed programme finds its configuration and models by itself.
run(${WORK}/installed/bin/cxr-infer -q --format csv ${SAMPLE})
if(NOT output MATCHES "clear_small.png,(COVID-19|Normal|Pneumonia),")
  message(FATAL_ERROR "the installed programme says ${output}")
endif()

run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -DCMAKE_BUILD_TYPE=Release
    -Dcxr_DIR=${WORK}/installed/lib/cmake/cxr)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer ${WORK}/installed/share/cxr-infer/config/model-config.json ${SAMPLE})
if(NOT output MATCHES "clear_small.png: (COVID-19|Normal|Pneumonia)")
  message(FATAL_ERROR "the consumer says ${output}")
endif()
