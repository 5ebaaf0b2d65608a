using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace SkyDriver.Hosting.Logs;

/// <summary>What is logged, and in which form.</summary>
public static class LogSetup
{
    private const string FormatSetting = "SKYDRIVER_LOG_FORMAT", LevelSetting = "SKYDRIVER_LOG";

    /// <summary>Reads the level and the form, <c>text</c> or <c>json</c>; a fault is noted in the settings.</summary>
    internal static void AddLogs(this WebApplicationBuilder builder, Settings settings)
    {
        string level = settings.Text(LevelSetting, nameof(LogLevel.Information));
        string format = settings.Text(FormatSetting, "text");
        if (!Enum.TryParse(level, ignoreCase: true, out LogLevel logLevel)) settings.Refuse(LevelSetting, $"is '{level}'; give one of {string.Join(", ", Enum.GetNames<LogLevel>())}");
        if (format is not ("text" or "json")) settings.Refuse(FormatSetting, $"is '{format}'; give text or json");
        ILoggingBuilder logging = builder.Logging.ClearProviders();
        if (format == "json") logging.AddJson(builder.Services);
        else AddText(logging);
        AddFilters(logging, logLevel);
    }

    /// <summary>For the log lines of whatever is done inside the answer's life that do not name the scan themselves.</summary>
    public static IDisposable? BeginScan(this ILogger log, string scanId) => log.BeginScope(new KeyValuePair<string, object?>[] { new(JsonLogFormatter.ScanField, scanId) });

    private static void AddJson(this ILoggingBuilder logging, IServiceCollection services)
    {
        logging.AddConsole(console => console.FormatterName = JsonLogFormatter.FormatterName);
        // One that is in use before the services are made, so it cannot take its clock from them.
        services.AddSingleton<ConsoleFormatter>(_ => new JsonLogFormatter(TimeProvider.System));
    }

    private static void AddText(ILoggingBuilder logging) => logging.AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.UseUtcTimestamp = true;
        console.TimestampFormat = "HH:mm:ss.fff ";
        console.ColorBehavior = LoggerColorBehavior.Disabled;
    });

    private static void AddFilters(ILoggingBuilder logging, LogLevel level)
    {
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("SkyDriver", level);
        // A start that fails is told once, by RunAsync; a background service that dies is Critical.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // Whoever asks for health gets the answer; a log line with each would drown the rest.
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical);
        // Says little more than that a stop was asked for.
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
    }
}
