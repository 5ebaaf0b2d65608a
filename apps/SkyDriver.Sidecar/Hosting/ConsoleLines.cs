using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>What is logged, one line each: as text, or as JSON with the fields of daprd.</summary>
/// <remarks>In place of the framework's console logger, whose options and services of its own take a good part of a sidecar's start.</remarks>
internal sealed class ConsoleLines(TextWriter output, bool json, TimeProvider clock) : ILoggerProvider
{
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _turn = new();

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose()
    {
        // The output is the process' own.
    }

    private void Write(LogLevel level, string category, string message, Exception? fault)
    {
        string line = json ? Json(level, category, message, fault) : Text(level, category, message, fault);
        lock (_turn) output.WriteLine(line);
    }

    private static string Text(LogLevel level, string category, string message, Exception? fault)
    {
        string word = level switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };
        return $"{word}: {category}: {Flat(message)}{(fault is null ? "" : " " + Flat(fault.ToString()))}";
    }

    private string Json(LogLevel level, string category, string message, Exception? fault)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter writer = new(line, OneLine))
        {
            writer.WriteStartObject();
            writer.WriteString("time", clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));
            writer.WriteString("level", level switch { LogLevel.Trace or LogLevel.Debug => "debug", LogLevel.Information => "info", LogLevel.Warning => "warning", LogLevel.Error => "error", _ => "fatal" });
            writer.WriteString("type", "log");
            writer.WriteString("scope", category);
            writer.WriteString("msg", message);
            if (fault is not null) writer.WriteString("error", fault.ToString());
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
    }

    /// <summary>A message is one line, whatever it quotes.</summary>
    private static string Flat(string text) => text.ReplaceLineEndings(" ");

    private sealed class Category(ConsoleLines owner, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner.Write(logLevel, name, formatter(state, exception), exception);
    }
}
