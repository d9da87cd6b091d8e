# Installs the build in BUILD to a separate folder, and builds and runs the consumer against it.
file(REMOVE_RECURSE ${WORK})
function(run)
  execute_process(COMMAND ${ARGV} OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGV}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed)
foreach(file bin/cxr-infer bin/cxr-merge bin/cxr-train bin/cxr-evaluate bin/cxr-dataset share/man/man1/cxr-infer.1
        share/bash-completion/completions/cxr-infer share/zsh/site-functions/_cxr-infer
        share/cxr-infer/config/covidx-test-patients.json share/cxr-infer/slurm/submit.sh
        share/cxr-infer/config/model-config.json share/cxr-infer/models/segmenter.pt)
  if(NOT EXISTS ${WORK}/installed/${file})
    message(FATAL_ERROR "${file} is not installed")
  endif()
endforeach()
# Every link in the installed documentation leads to an installed file.
set(pages ${WORK}/installed/share/doc/cxr-infer)
file(GLOB_RECURSE all_pages ${pages}/*.md)
foreach(page IN LISTS all_pages)
  file(READ ${page} text)
  get_filename_component(place ${page} DIRECTORY)
  string(REPLACE "](" "<link>(" text "${text}")
  string(REGEX MATCHALL "<link>\\([^)#:]+[)#]" links "${text}")
  foreach(link IN LISTS links)
    string(REGEX REPLACE "<link>.(.+).$" "\\1" link "${link}")
    if(NOT EXISTS ${place}/${link})
      message(FATAL_ERROR "${page} has a broken link to ${link}")
    endif()
  endforeach()
endforeach()
if(NOT EXISTS ${pages}/README.md OR NOT EXISTS ${pages}/images/panels.png)
  message(FATAL_ERROR "the documentation is not installed")
endif()

# The installed program finds its configuration and models by itself.
run(${WORK}/installed/bin/cxr-infer -q --format csv ${SAMPLE})
if(NOT output MATCHES "clear_small.png,(COVID-19|Normal|Pneumonia),")
  message(FATAL_ERROR "the installed program says ${output}")
endif()

run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -DCMAKE_BUILD_TYPE=Release
    -Dcxr_DIR=${WORK}/installed/lib/cmake/cxr)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer ${WORK}/installed/share/cxr-infer/config/model-config.json ${SAMPLE})
if(NOT output MATCHES "clear_small.png: (COVID-19|Normal|Pneumonia)")
  message(FATAL_ERROR "the consumer says ${output}")
endif()
