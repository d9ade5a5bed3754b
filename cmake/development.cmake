# What only our own tests, examples and benchmarks use. A project that adds lsm as a folder gets
# none of it.

# Puts our warnings on a target. g++ 12 sees an overlap in `"text" + std::string` at -O2 where there
# is none (its bug 105651), so that one warning stays off there.
function(lsm_target_warnings target)
  set(gcc12 $<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow
                                           $<${gcc12}:-Wno-restrict>
                                           $<$<BOOL:${LSM_WERROR}>:-Werror>)
endfunction()

if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

set(CMAKE_CXX_EXTENSIONS OFF)

# ccache sees through a precompiled header only when it may ignore the macros and times in it.
find_program(LSM_CCACHE ccache)
mark_as_advanced(LSM_CCACHE)
if(LSM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${LSM_CCACHE})
endif()

find_program(LSM_DOXYGEN doxygen)
mark_as_advanced(LSM_DOXYGEN)
if(LSM_DOXYGEN)
  add_custom_target(docs COMMAND ${CMAKE_COMMAND} -E make_directory build
                         COMMAND ${LSM_DOXYGEN} Doxyfile
                         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
endif()
