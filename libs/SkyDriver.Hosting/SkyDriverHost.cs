using System.Net.Sockets;
using Dapr.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using SkyDriver.Hosting.Auth;
using SkyDriver.Hosting.Logs;
using SkyDriver.Hosting.Messages;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.Startup;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Tracing;

namespace SkyDriver.Hosting;

/// <summary>What every SkyDriver service has in common: logs, settings, health, start and stop.</summary>
public static class SkyDriverHost
{
    private const string ReadyTag = "ready";

    /// <summary>Runs a service until it is told to stop.</summary>
    /// <returns>Exit code: 0 after a clean stop, 1 when it could not run, 2 when settings are wrong, 3 when components are.</returns>
    public static async Task<int> RunAsync(string[] args, Action<WebApplicationBuilder> add, Action<WebApplication> map)
    {
        try
        {
            WebApplicationBuilder builder = CreateBuilder(args);
            add(builder);
            await using WebApplication app = builder.Build();
            app.MapHealth();
            app.MapMetrics();
            map(app);
            StartupState? startup = app.Services.GetService<StartupState>();
            await app.RunAsync();
            if (startup?.Refusal is { } refusal) throw refusal;
            return Environment.ExitCode;
        }
        catch (SettingsException settings)
        {
            await Console.Error.WriteLineAsync(settings.Message);
            return 2;
        }
        catch (OperationCanceledException)
        {
            // Told to stop before the start was over.
            return 0;
        }
        catch (StartupException fault)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return fault.ExitCode;
        }
        catch (IOException fault) when (fault.InnerException is SocketException or Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{fault.Message} Free the port, or give another one in APP_PORT.");
            return 1;
        }
    }

    /// <summary>A builder with SkyDriver's defaults.</summary>
    /// <remarks>
    /// The service listens where its sidecar expects it: <c>APP_PORT</c>, on the loopback unless <c>SKYDRIVER_BIND</c> names
    /// another address; without <c>APP_PORT</c> the framework's own settings hold. <c>SKYDRIVER_LOG</c> is the level of our own logs,
    /// <c>SKYDRIVER_LOG_FORMAT</c> their form.
    /// </remarks>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        Settings settings = new(builder.Configuration);
        int port = settings.Integer("APP_PORT", 0, 0, ushort.MaxValue);
        string bind = settings.Text("SKYDRIVER_BIND", "127.0.0.1");
        TimeSpan stop = settings.Duration("SKYDRIVER_STOP_TIMEOUT", TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromHours(1));
        builder.AddLogs(settings);
        TraceExport.Add(builder, settings);
        settings.ThrowIfFaulty();
        if (port > 0) builder.WebHost.UseUrls($"http://{bind}:{port}");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = stop);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddDaprClient();
        builder.Services.AddSingleton<SidecarCalls>().AddSingleton<Broker>();
        builder.Services.AddSingleton<StateStore>().AddSingleton<StateDocuments>().AddSingleton<BlobWritings>().AddSingleton<EventStore>().AddSingleton<ResultStore>().AddSingleton<ScanStore>();
        builder.Services.AddSingleton<ScanCatalog>().AddSingleton<ScanEventLog>();
        builder.Services.AddSingleton(_ => new MetricCollector(builder.Environment.ApplicationName));
        builder.Services.AddHealthChecks().AddCheck<SidecarCheck>("sidecar", tags: [ReadyTag]);
        return builder;
    }

    /// <summary>Reads a service's options at start; <paramref name="read"/> notes faults in the settings it is given.</summary>
    /// <exception cref="SettingsException">Something was missing or wrong; all of it is listed.</exception>
    public static T AddSettings<T>(this WebApplicationBuilder builder, Func<Settings, T> read)
        where T : class
    {
        Settings settings = new(builder.Configuration);
        T options = read(settings);
        settings.ThrowIfFaulty();
        builder.Services.AddSingleton(options);
        return options;
    }

    /// <summary>Adds a condition that <c>/healthz/ready</c> waits for.</summary>
    public static IServiceCollection AddReadiness<T>(this IServiceCollection services, string name)
        where T : class, IHealthCheck
    {
        services.AddHealthChecks().AddCheck<T>(name, tags: [ReadyTag]);
        return services;
    }

    /// <summary><c>/healthz/live</c>: the process serves. <c>/healthz/startup</c>: its components were found and are safe. <c>/healthz/ready</c>: it can do its work now.</summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapHealthChecks("/healthz/startup", new HealthCheckOptions { Predicate = check => check.Tags.Contains(StartupSetup.StartupTag), ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapHealthChecks("/healthz/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(ReadyTag), ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    /// <summary><c>/metrics</c>: what this process measured, for Prometheus. Open to everybody, as it names nobody.</summary>
    public static void MapMetrics(this WebApplication app)
    {
        MetricCollector metrics = app.Services.GetRequiredService<MetricCollector>();
        app.MapGet("/metrics", () => Results.Text(metrics.Show(), PrometheusText.ContentType)).AllowAnonymous().ExcludeFromDescription();
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        Dictionary<string, object> answer = new()
        {
            ["status"] = report.Status.ToString().ToLowerInvariant(),
            ["checks"] = report.Entries.ToDictionary(e => e.Key, e => e.Value.Description ?? e.Value.Status.ToString().ToLowerInvariant()),
        };
        if (context.Response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            // The form that every error has.
            answer["code"] = context.Response.StatusCode;
            answer["error"] = string.Join("; ", report.Entries.Where(e => e.Value.Status is not HealthStatus.Healthy).Select(e => $"{e.Key}: {e.Value.Description ?? "not ready"}"));
        }

        return context.Response.WriteAsJsonAsync(answer);
    }

    private sealed class SidecarCheck(DaprClient dapr) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await dapr.CheckOutboundHealthAsync(cancellationToken)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("the Dapr sidecar is not ready");
    }
}
