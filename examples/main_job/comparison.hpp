// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "packages.hpp"

#include <map>
#include <string>

/// Measures one input under several assemblies and prints the figures as a table, after checking
/// that all of them give the same answers.
/// @throws wrong_answer
void compare_assemblies(const std::map<std::string, package>& input);
