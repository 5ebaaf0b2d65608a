using SkyDriver.Api.Http;
using SkyDriver.Api.Scans;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Api;

/// <summary>The REST service.</summary>
public static class ApiHost
{
    public static void AddApi(this WebApplicationBuilder builder)
    {
        builder.AddSettings(settings => new ApiOptions(
            Clusters: settings.Text("SKYDRIVER_CLUSTERS", "local").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries),
            RepeatWindow: settings.Duration("SKYDRIVER_REPEAT_WINDOW", TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            KeyWindow: settings.Duration("SKYDRIVER_KEY_WINDOW", TimeSpan.FromHours(24), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30))));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = Arguments.MaxBodyBytes);
        builder.Services.AddLifecycleClient();
        builder.Services.AddSingleton<LaunchValidator>().AddSingleton<ScanLauncher>().AddSingleton<ScanControl>();
    }

    public static void MapApi(this WebApplication app)
    {
        app.UseErrorAnswers();
        app.MapGet("/", () => Results.Json(new object()));
        // The sidecar asks; this service takes no messages yet.
        app.MapGet("/dapr/subscribe", () => Array.Empty<object>());
        RouteGroupBuilder api = app.MapGroup("").AddEndpointFilter(ScanIds.RefuseMalformed);
        api.MapScans();
        api.MapManifests();
        api.MapResults();
    }
}

/// <param name="Clusters">Places where workers may be asked for; each has a binding component <c>workers-NAME</c>.</param>
/// <param name="RepeatWindow">How long the same request again counts as a repeat of the first.</param>
/// <param name="KeyWindow">The same for a request with an <c>Idempotency-Key</c>.</param>
public sealed record ApiOptions(IReadOnlyList<string> Clusters, TimeSpan RepeatWindow, TimeSpan KeyWindow);
