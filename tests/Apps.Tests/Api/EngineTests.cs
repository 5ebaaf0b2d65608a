using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>Requests that choose who makes the scan, where the service lets them.</summary>
public sealed class EngineTests() : ApiHarness("SKYDRIVER_ENGINE_PER_REQUEST=true")
{
    [Theory]
    [InlineData(null, "native")]
    [InlineData("native", "native")]
    [InlineData("external", "external")]
    public async Task Launch_EngineNamedOrNot_IsStoredAndShown(string? named, string expected)
    {
        JsonObject body = GoodLaunch();
        if (named is not null) body["engine"] = named;
        JsonElement manifest = await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
        string id = manifest.GetProperty("scan_id").GetString()!;
        Assert.Equal(named, Dapr.Read<ScanRequestV1>(StateKeys.Request(id))!.Engine);
        Assert.Equal(expected, manifest.GetProperty("lifecycle").GetProperty("engine").GetString());
        Assert.Equal(expected, (await OkAsync(HttpMethod.Get, $"/scan/{id}/status")).GetProperty("engine").GetString());
        JsonElement again = await OkAsync(HttpMethod.Post, $"/scan/{id}/actions/rescan");
        Assert.Equal(expected, again.GetProperty("lifecycle").GetProperty("engine").GetString());
    }

    [Fact]
    public async Task Launch_EngineDiffers_IsAnotherScan()
    {
        JsonObject body = GoodLaunch();
        string first = await LaunchedAsync();
        body["engine"] = "external";
        Assert.NotEqual(first, (await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString())).GetProperty("scan_id").GetString());
    }

    [Fact]
    public async Task Launch_UnknownAlgorithm_IsForOutsideScannersOnly()
    {
        JsonObject body = GoodLaunch();
        body["reco_algo"] = "millipede_wilks";
        Assert.Contains("'reco_algo':", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString()));
        body["engine"] = "external";
        await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
    }

    [Theory]
    [InlineData("\"hunter2\"", "'engine': must be 'native' or 'external'")]
    [InlineData("true", "'engine': must be type 'string' (str) and not empty")]
    [InlineData("\" \"", "'engine': must be type 'string' (str) and not empty")]
    public async Task Launch_NoEngine_IsNamedNotRepeated(string value, string expected)
    {
        JsonObject body = GoodLaunch();
        body["engine"] = JsonNode.Parse(value);
        Assert.Equal(expected, await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString()));
        Assert.Empty(Dapr.Keys);
    }

    [Fact]
    public async Task AddWorkers_ScanOfAnOutsideScanner_IsRefused()
    {
        JsonObject body = GoodLaunch();
        body["engine"] = "external";
        string id = (await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString())).GetProperty("scan_id").GetString()!;
        ScanManifest manifest = Dapr.Read<ScanManifest>(StateKeys.Manifest(id))!;
        await Dapr.SaveStateAsync(Components.StateStore, StateKeys.Manifest(id), manifest with { Lifecycle = manifest.Lifecycle with { Phase = ScanPhase.Scanning } });
        Assert.Equal(
            "the scan is made by a scanner outside of this system, which asks for its workers itself",
            await RefusedAsync(HttpStatusCode.UnprocessableEntity, HttpMethod.Post, $"/scan/{id}/actions/add-workers", """{"n_workers": 1, "cluster_location": "local"}"""));
        Assert.Empty(Orchestrator.Raised);
    }
}

/// <summary>A site where requests do not choose.</summary>
public sealed class OneEngineTests : ApiHarness
{
    [Fact]
    public async Task Launch_NamesAnotherEngine_IsRefusedAndItsOwnIsTaken()
    {
        JsonObject body = GoodLaunch();
        body["engine"] = "external";
        Assert.Equal(
            "'engine': requests cannot choose it here; every scan is made by 'native'",
            await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString()));
        Assert.Empty(Dapr.Keys);
        body["engine"] = "native";
        await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
    }
}
