using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Logs;

namespace SkyDriver.Apps.Tests.Observability;

public partial class JsonLogTests
{
    [Fact]
    public void Line_OfAMessageAboutAScan_HasItsIdFieldsAndTrace()
    {
        using Activity activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        JsonElement line = Write(log => LogOverdue(log, "scan-7", 12, 0.5, "a \"b\"\nc"));
        Assert.Equal("scan-7", line.GetProperty("scan_id").GetString());
        Assert.Equal(("warning", "tests", "scan scan-7: 12 late"), (Text(line, "level"), Text(line, "category"), Text(line, "message")![..20]));
        JsonElement fields = line.GetProperty("fields");
        Assert.Equal((12, 0.5, "a \"b\"\nc"), (fields.GetProperty("late_count").GetInt32(), fields.GetProperty("share").GetDouble(), Text(fields, "why")));
        Assert.False(fields.TryGetProperty("{_original_format}", out _) || fields.TryGetProperty("scan", out _));
        Assert.Equal((activity.TraceId.ToHexString(), activity.SpanId.ToHexString()), (Text(line, "trace_id"), Text(line, "span_id")));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", Text(line, "time"));
    }

    [Fact]
    public void Line_InsideAScansScope_HasItsIdUnlessItNamesAnother()
    {
        Assert.Equal("scan-8", Text(Write(log => Inside(log, "scan-8", () => LogPlain(log))), "scan_id"));
        Assert.Equal("scan-9", Text(Write(log => Inside(log, "scan-8", () => LogOverdue(log, "scan-9", 1, 1, ""))), "scan_id"));
        Assert.False(Write(LogPlain).TryGetProperty("scan_id", out _));
    }

    [Fact]
    public void Line_OfAFault_HasTheWholeExceptionOnOneLine()
    {
        JsonElement line = Write(log => LogFault(log, new InvalidOperationException("first\nsecond")));
        Assert.Contains("first\nsecond", Text(line, "exception"));
    }

    [Theory]
    [InlineData("SKYDRIVER_LOG_FORMAT", "xml", "SKYDRIVER_LOG_FORMAT is 'xml'; give text or json.")]
    [InlineData("SKYDRIVER_LOG", "loud", "SKYDRIVER_LOG is 'loud'; give one of Trace, Debug,")]
    public void CreateBuilder_WrongLogSettings_AreNamed(string name, string value, string expected)
    {
        SettingsException fault = Assert.Throws<SettingsException>(() => SkyDriverHost.CreateBuilder([$"--{name}={value}"]));
        Assert.Contains(expected, Assert.Single(fault.Faults));
    }

    private static void Inside(ILogger log, string scan, Action act)
    {
        using (log.BeginScan(scan)) act();
    }

    private static JsonElement Write(Action<ILogger> write)
    {
        StringWriter output = new();
        LoggerExternalScopeProvider scopes = new();
        write(new FormatterLogger(new JsonLogFormatter(TimeProvider.System), scopes, output));
        string line = output.ToString();
        Assert.Equal(line.Length - 1, line.IndexOf('\n'));
        return JsonSerializer.Deserialize<JsonElement>(line);
    }

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    [LoggerMessage(Level = LogLevel.Warning, Message = "scan {Scan}: {LateCount} late, {Share}, {Why}")]
    private static partial void LogOverdue(ILogger log, string scan, int lateCount, double share, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "nothing special")]
    private static partial void LogPlain(ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "it broke")]
    private static partial void LogFault(ILogger log, Exception fault);

    private sealed class FormatterLogger(JsonLogFormatter formatter, LoggerExternalScopeProvider scopes, TextWriter output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> text) =>
            formatter.Write(new LogEntry<TState>(logLevel, "tests", eventId, state, exception, text), scopes, output);
    }
}
