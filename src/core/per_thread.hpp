#pragma once

namespace cloud_backend::detail {

/// The thread's own T. Null at its very end, when the objects that belong to it are gone: a static
/// object may make a call as it is destroyed.
template <class T>
[[nodiscard]] T* per_thread() {
    thread_local bool is_gone = false;  // Not destroyed itself.
    struct Owner {
        T object{};
        ~Owner() { is_gone = true; }
    };
    if (is_gone) return nullptr;
    thread_local Owner owner;
    return &owner.object;
}

}  // namespace cloud_backend::detail
