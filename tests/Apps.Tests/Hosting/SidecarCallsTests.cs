using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Api;
using SkyDriver.Apps.Tests.Api;
using SkyDriver.Hosting;
using SkyDriver.Orchestrator;
using SkyDriver.Scanner;
using SkyDriver.Worker;

namespace SkyDriver.Apps.Tests.Hosting;

/// <summary>What sidecars call is closed to everybody else, at every service and by one rule.</summary>
public sealed class SidecarCallsTests
{
    private const string Token = "APP_API_TOKEN=the token of this app";

    /// <summary>Each app with what its sidecar calls there; the orchestrator and the scanner have routes that do harm.</summary>
    public static TheoryData<string, string, string> Calls() => new()
    {
        { "api", "GET", "/dapr/subscribe" },
        { "api", "POST", "/messages/scan-events" },
        { "api", "POST", "/messages/probes" },
        { "orchestrator", "GET", "/dapr/config" },
        { "orchestrator", "PUT", "/actors/LaunchQueueActor/x/method/TakeAsync" },
        { "orchestrator", "POST", "/lifecycles/scan-7" },
        { "orchestrator", "GET", "/system/checks" },
        { "orchestrator", "GET", "/nothing/here" },
        { "scanner", "GET", "/dapr/config" },
        { "scanner", "PUT", "/actors/ScanActor/x/method/AbortAsync" },
        { "scanner", "POST", "/recos" },
        { "scanner", "GET", "/dapr/subscribe" },
        { "worker", "GET", "/dapr/subscribe" },
        { "worker", "POST", "/pixels" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_WithoutTheToken_IsForbiddenAndNotForgotten(string name, string method, string path)
    {
        await using Guarded service = await Guarded.StartAsync(name, Token);
        // 404 would make Dapr drop a message.
        Assert.Equal(HttpStatusCode.Forbidden, await service.AskAsync(method, path));
        Assert.Equal(HttpStatusCode.Forbidden, await service.AskAsync(method, path, "another"));
        Assert.Equal(HttpStatusCode.Forbidden, await service.AskAsync(method, path, "the token of this app", "the token of this app"));
        Assert.Equal(HttpStatusCode.Forbidden, await service.AskAsync(method, path, ""));
    }

    [Theory]
    [InlineData("api", "/dapr/subscribe")]
    [InlineData("orchestrator", "/dapr/config")]
    [InlineData("scanner", "/dapr/config")]
    [InlineData("worker", "/dapr/subscribe")]
    public async Task Call_WithTheToken_IsTakenWhereverItComesFrom(string name, string path)
    {
        await using Guarded service = await Guarded.StartAsync(name, Token, Guarded.FromElsewhere);
        Assert.Equal(HttpStatusCode.OK, await service.AskAsync("GET", path, "the token of this app"));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_NoTokenSet_IsTakenFromThisMachineAlone(string name, string method, string path)
    {
        await using Guarded here = await Guarded.StartAsync(name), elsewhere = await Guarded.StartAsync(name, Guarded.FromElsewhere);
        Assert.NotEqual(HttpStatusCode.Forbidden, await here.AskAsync(method, path));
        Assert.Equal(HttpStatusCode.Forbidden, await elsewhere.AskAsync(method, path));
        // A token that nobody asked for opens nothing.
        Assert.Equal(HttpStatusCode.Forbidden, await elsewhere.AskAsync(method, path, "any"));
    }

    [Theory]
    [InlineData("api")]
    [InlineData("orchestrator")]
    [InlineData("scanner")]
    [InlineData("worker")]
    public async Task Probes_AndMetrics_AreFree(string name)
    {
        await using Guarded service = await Guarded.StartAsync(name, Token, Guarded.FromElsewhere);
        Assert.Equal(HttpStatusCode.OK, await service.AskAsync("GET", "/healthz/live"));
        Assert.Equal(HttpStatusCode.OK, await service.AskAsync("GET", "/metrics"));
        Assert.Contains(await service.AskAsync("GET", "/healthz/startup"), new[] { HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable });
        Assert.Contains(await service.AskAsync("GET", "/healthz/ready"), new[] { HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable });
    }

    [Fact]
    public async Task Refusal_IsAnErrorLikeAnyOtherAndLoggedOnce()
    {
        await using Guarded service = await Guarded.StartAsync("scanner", Token);
        Assert.Equal(HttpStatusCode.Forbidden, await service.AskAsync("GET", "/dapr/config"));
        JsonElement body = JsonSerializer.Deserialize<JsonElement>(await service.LastBodyAsync());
        Assert.Equal(403, body.GetProperty("code").GetInt32());
        Assert.Contains("APP_API_TOKEN", body.GetProperty("error").GetString());
        await service.AskAsync("GET", "/dapr/config");
        Assert.Equal(2, service.Log.Text.Split("does not show the APP_API_TOKEN").Length);
        Assert.DoesNotContain("the token of this app", service.Log.Text);
    }

    /// <summary>A service on a socket of its own, as its program puts it together.</summary>
    private sealed class Guarded(WebApplication app, LogLines log) : IAsyncDisposable
    {
        public const string FromElsewhere = "TEST_FROM=192.0.2.7";

        private readonly HttpClient http = new() { BaseAddress = new(app.Urls.Single()) };
        private HttpResponseMessage? last;

        public LogLines Log => log;

        public static async Task<Guarded> StartAsync(string name, params string[] settings)
        {
            WebApplicationBuilder builder = SkyDriverHost.CreateBuilder(["--urls=http://127.0.0.1:0"]);
            foreach (string setting in settings) builder.Configuration[setting[..setting.IndexOf('=')]] = setting[(setting.IndexOf('=') + 1)..];
            builder.Configuration["SKYDRIVER_API"] = "http://127.0.0.1:9";
            builder.Configuration["SKYDRIVER_SCAN_ID"] = "scan-7";
            builder.Configuration["DAPR_HTTP_ENDPOINT"] = builder.Configuration["DAPR_GRPC_ENDPOINT"] = "http://127.0.0.1:9";
            if (name == "api") builder.AddApi();
            else if (name == "orchestrator") builder.AddOrchestrator();
            else if (name == "scanner") builder.AddScanner();
            else builder.AddWorker();
            // Nothing of it runs here but its routes.
            foreach (ServiceDescriptor own in builder.Services.Where(s => s.ServiceType == typeof(Microsoft.Extensions.Hosting.IHostedService) && s.ImplementationType?.Name != "GenericWebHostService").ToArray())
                builder.Services.Remove(own);
            LogLines log = new();
            builder.Logging.ClearProviders().AddProvider(log);
            if (builder.Configuration["TEST_FROM"] is { } from) builder.Services.AddSingleton<IStartupFilter>(new Elsewhere(IPAddress.Parse(from)));
            WebApplication app = builder.Build();
            app.MapHealth();
            app.MapMetrics();
            if (name == "api") app.MapApi();
            else if (name == "orchestrator") app.MapOrchestrator();
            else if (name == "scanner") app.MapScanner();
            else app.MapWorker();
            await app.StartAsync();
            return new(app, log);
        }

        public async Task<HttpStatusCode> AskAsync(string method, string path, params string[] tokens)
        {
            using HttpRequestMessage request = new(new(method), path);
            if (method != "GET") request.Content = new StringContent("not JSON");
            foreach (string token in tokens) request.Headers.TryAddWithoutValidation("dapr-api-token", token);
            last?.Dispose();
            last = await http.SendAsync(request);
            return last.StatusCode;
        }

        public Task<string> LastBodyAsync() => last!.Content.ReadAsStringAsync();

        public async ValueTask DisposeAsync()
        {
            last?.Dispose();
            http.Dispose();
            await app.DisposeAsync();
        }
    }

    /// <summary>Lets requests seem to come from an address.</summary>
    private sealed class Elsewhere(IPAddress address) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, then) =>
            {
                context.Connection.RemoteIpAddress = address;
                return then(context);
            });
            next(app);
        };
    }
}
