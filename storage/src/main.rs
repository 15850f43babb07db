//! The simulated storage as a local server, for `aws s3`, boto3, the AWS SDKs and whatever else speaks S3.

#[cfg(not(target_arch = "wasm32"))]
mod server;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    server::main()
}

/// In WebAssembly the library is the product: there are no sockets to serve.
#[cfg(target_arch = "wasm32")]
fn main() {}
