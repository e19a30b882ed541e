//! Where the log goes: to the console, and to files that Axon makes whether it uses them or not.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
};

use log::LevelFilter;

use crate::config::Logger;

const FILES: [&str; 3] = ["axon.log", "cli.log", "metrics.log"];

/// # Panics
///
/// If the log's folder cannot be written to, as Axon does.
pub fn start(config: &Logger) {
    fs::create_dir_all(&config.log_path).expect("log_path can be made");
    let [log, _, _] = FILES.map(|name| {
        let path = config.log_path.join(name);
        OpenOptions::new().create(true).append(true).open(path).expect("log_path can be written")
    });
    let target = Both { console: config.log_to_console, file: config.log_to_file.then_some(log) };

    let mut builder = env_logger::Builder::new();
    builder.filter_level(level(&config.filter));
    for (module, filter) in &config.modules_level {
        builder.filter_module(module, level(filter));
    }
    builder.target(env_logger::Target::Pipe(Box::new(target))).init();
}

fn level(text: &str) -> LevelFilter {
    text.parse().unwrap_or(LevelFilter::Info)
}

struct Both {
    console: bool,
    file: Option<File>,
}

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.console {
            io::stdout().write_all(bytes)?;
        }
        if let Some(file) = &mut self.file {
            file.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
