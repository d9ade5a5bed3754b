# What only our own tests, examples and benchmarks use. A project that adds lsm as a folder gets
# none of it.

# Puts our warnings on a target. When it optimises, g++ 12 sees overlaps and overflows in
# `"text" + std::string` where there are none (its bug 105651), and uninitialised members in an empty
# `std::optional` that is moved (80635), so these warnings stay off there.
function(lsm_target_warnings target)
  set(gcc12 $<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>)
  set(mistaken -Wno-restrict -Wno-stringop-overflow -Wno-maybe-uninitialized)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow
                                           "$<${gcc12}:${mistaken}>"
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

# Every header in one file, for what a further compiler says of them: each alone takes minutes
# (all_verify_interface_header_sets).
set(every_header ${core_headers})
foreach(component IN LISTS lsm_components)
  list(APPEND every_header ${${component}_headers})
endforeach()
list(TRANSFORM every_header REPLACE "^${PROJECT_SOURCE_DIR}/include/(.*)$" "#include <\\1>")
list(JOIN every_header "\n" every_header)
file(CONFIGURE OUTPUT every_header.cpp CONTENT "${every_header}\n" @ONLY)
add_library(every_header OBJECT EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/every_header.cpp)
list(TRANSFORM lsm_components PREPEND lsm:: OUTPUT_VARIABLE components)
target_link_libraries(every_header PRIVATE lsm::lsm ${components})

find_program(LSM_DOXYGEN doxygen)
mark_as_advanced(LSM_DOXYGEN)
if(LSM_DOXYGEN)
  add_custom_target(docs COMMAND ${CMAKE_COMMAND} -E make_directory build
                         COMMAND ${LSM_DOXYGEN} Doxyfile
                         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
endif()
