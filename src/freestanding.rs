//! What the standard library otherwise brings to a WASM file: an allocator, and the end of a panic.

use core::panic::PanicInfo;

use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// A panic is a mistake in this crate. It ends the call by a trap, which JavaScript sees as a `RuntimeError`.
#[panic_handler]
fn trap(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
