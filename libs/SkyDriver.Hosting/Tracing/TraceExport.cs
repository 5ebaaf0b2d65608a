using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Hosting.Tracing;

/// <summary>Sends spans to a collector, when the standard variables of OpenTelemetry name one.</summary>
internal sealed class TraceExport(string app) : IHostedService, IDisposable
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    /// <summary>Spans of the framework: requests taken, and activities of workflows.</summary>
    private static readonly string[] Sources = [SkyDriverTracing.SourceName, "Microsoft.AspNetCore", "Dapr.Workflow"];

    private TracerProvider? _provider;

    /// <summary>Adds the export, or nothing at all when no collector is named; faults are noted in the settings.</summary>
    public static void Add(WebApplicationBuilder builder, Settings settings)
    {
        if (settings.Text(Endpoint, settings.Text(TracesEndpoint, "")) == "") return;
        foreach (string name in (string[])[Endpoint, TracesEndpoint])
        {
            if (settings.Text(name, "") != "") settings.Address(name);
        }

        if (settings.Text(Protocol, "grpc") is not ("grpc" or "http/protobuf")) settings.Refuse(Protocol, $"is '{settings.Text(Protocol, "")}'; give grpc or http/protobuf");
        // Before any client is made, as each takes the one that it finds.
        if (DistributedContextPropagator.Current is not CallerPropagator) DistributedContextPropagator.Current = new CallerPropagator(DistributedContextPropagator.Current);
        builder.Services.AddSingleton<IHostedService>(new TraceExport(builder.Environment.ApplicationName));
        builder.Services.AddTransient<IStartupFilter, RequestSpans>();
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _provider = Sdk.CreateTracerProviderBuilder()
            .AddSource(Sources)
            .ConfigureResource(resource => resource
                .AddService(Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is { Length: > 0 } name ? name : app, serviceVersion: MetricCollector.Version))
            .AddOtlpExporter()
            .Build();
        return Task.CompletedTask;
    }

    /// <summary>What was recorded last is sent, for as long as the exporter's own time limit allows.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(() => _provider?.ForceFlush(5000), CancellationToken.None);

    public void Dispose() => _provider?.Dispose();
}
