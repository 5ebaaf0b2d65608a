using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Apps.Tests.Api;
using SkyDriver.Contracts;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Auth;

namespace SkyDriver.Apps.Tests.Gateway;

/// <summary>What a worker's token opens while authentication is on.</summary>
public sealed class WorkerTokenTests : ApiHarness, IAsyncLifetime
{
    private const string Key = "0123456789abcdef0123456789abcdef";
    private const string Hello = """{"worker": "w1", "slots": 1}""";

    private OpenIdProvider provider = null!;
    private WebApplication guarded = null!;
    private string scanId = "", otherId = "";

    private WorkerTokens Tokens => guarded.Services.GetRequiredService<WorkerTokens>();

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        scanId = await LaunchedAsync();
        Clock.Advance(TimeSpan.FromHours(1));
        otherId = await LaunchedAsync();
        Assert.NotEqual(scanId, otherId);
        Actors.ByType[ActorTypes.Scan] = new FakeScan();
        provider = await OpenIdProvider.StartAsync();
        guarded = BuildApp($"SKYDRIVER_AUTH_ISSUER={provider.Issuer}", $"SKYDRIVER_WORKER_KEY={Key}");
        await guarded.StartAsync();
        Http.Dispose();
        Http = new HttpClient { BaseAddress = new(guarded.Urls.Single()) };
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await guarded.DisposeAsync();
        await provider.DisposeAsync();
        await DisposeAsync();
    }

    [Fact]
    public async Task Token_OfTheScan_OpensWhatItsWorkersNeed()
    {
        (string, string) token = Bearer(Tokens.Mint(scanId));
        foreach (string path in new[] { $"/scan/{scanId}/i3-event", $"/scan-request/{scanId}", $"/scan/{scanId}/status?no_redirect=true" }) await OkAsync(HttpMethod.Get, path, null, token);
        await OkAsync(HttpMethod.Post, $"/worker/{scanId}/hello", Hello, token);
    }

    [Fact]
    public async Task Token_OfTheScan_OpensNothingElse()
    {
        (string, string) token = Bearer(Tokens.Mint(scanId));
        (HttpMethod Method, string Path, string? Body)[] closed =
        [
            (HttpMethod.Get, "/", null), (HttpMethod.Post, "/scan", "{}"), (HttpMethod.Delete, $"/scan/{scanId}", null), (HttpMethod.Get, $"/scan/{scanId}/manifest", null),
            (HttpMethod.Patch, $"/scan/{scanId}/manifest", "{}"), (HttpMethod.Put, $"/scan/{scanId}/result", "{}"), (HttpMethod.Post, "/scans/find", "{}"),
            (HttpMethod.Get, $"/scan/{otherId}/i3-event", null), (HttpMethod.Get, $"/scan-request/{otherId}", null), (HttpMethod.Post, $"/worker/{otherId}/hello", Hello),
        ];
        foreach (var (method, path, body) in closed) Assert.Equal("authorization failed", await RefusedAsync(HttpStatusCode.Forbidden, method, path, body, token));
    }

    [Fact]
    public async Task Token_ExpiredOrForged_IsRefused()
    {
        string good = Tokens.Mint(scanId);
        string stranger = WorkerTokens.Read(new Settings(Configuration("fedcba9876543210fedcba9876543210")))!(Clock).Mint(scanId);
        string changed = good.Replace(scanId, otherId, StringComparison.Ordinal);
        foreach (string token in new[] { stranger, changed, good[..good.LastIndexOf('.')], good + "x", "skw1.", "skw1." + new string('x', 5000) })
            await RefusedAsync(HttpStatusCode.Unauthorized, HttpMethod.Post, $"/worker/{scanId}/hello", Hello, Bearer(token));
        await RefusedAsync(HttpStatusCode.Unauthorized, HttpMethod.Post, $"/worker/{scanId}/hello", Hello);
        await OkAsync(HttpMethod.Post, $"/worker/{scanId}/hello", Hello, Bearer(good));
        Clock.Advance(TimeSpan.FromDays(4));
        await RefusedAsync(HttpStatusCode.Unauthorized, HttpMethod.Post, $"/worker/{scanId}/hello", Hello, Bearer(good));
        Assert.DoesNotContain(good[good.LastIndexOf('.')..], Log.Text);
    }

    [Fact]
    public void Key_TooShort_IsAFaultAndNoKeyMeansNoTokens()
    {
        Settings settings = new(Configuration("short"));
        WorkerTokens.Read(settings);
        SettingsException fault = Assert.Throws<SettingsException>(settings.ThrowIfFaulty);
        Assert.Contains("SKYDRIVER_WORKER_KEY must have at least 32 characters", fault.Message);
        Assert.DoesNotContain("short", fault.Message);
        Assert.Null(WorkerTokens.Read(new Settings(Configuration(""))));
    }

    private static Microsoft.Extensions.Configuration.ConfigurationManager Configuration(string key) => new() { ["SKYDRIVER_WORKER_KEY"] = key };

    private static (string, string) Bearer(string token) => ("Authorization", $"Bearer {token}");
}
