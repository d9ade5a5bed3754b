// SPDX-License-Identifier: BSL-1.0
// The main function of every test program. BOOST_TEST_MODULE would make one, but only before the
// header that is precompiled.
#include <boost/test/unit_test.hpp>

namespace {

bool name_suite() {
    boost::unit_test::framework::master_test_suite().p_name.value = "lsm";
    return true;
}

}  // namespace

int main(int argc, char* argv[]) {
    return boost::unit_test::unit_test_main(name_suite, argc, argv);
}
