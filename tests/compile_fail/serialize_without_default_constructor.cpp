// expect: lsm: reading through serialize\(\) fills an object that exists
// SPDX-License-Identifier: BSL-1.0
#include "policies.hpp"

class sealed {
    int number_;

public:
    explicit sealed(int number) : number_(number) {}
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive & number_;
    }
};

lsm::lsm_tree<int, sealed> tree{"never"};
