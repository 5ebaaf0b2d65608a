using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>What a docker_tag means where the images are known.</summary>
public sealed class ImageTests() : ApiHarness("SKYDRIVER_IMAGES=list:3.0.9,3.5.2,3.5.10,3.10.1,4.0.0,eqscan-6207146,latest=3.10.1", "SKYDRIVER_IMAGES_MINIMUM=v3.1.0", "SKYDRIVER_CLUSTERS=local,far")
{
    [Theory]
    [InlineData("3.5.2", "3.5.2")]
    [InlineData("v3.5.2", "3.5.2")]
    [InlineData("3.5", "3.5.10")]
    [InlineData("v3.5", "3.5.10")]
    [InlineData("v3", "3.10.1")]
    [InlineData("3", "3.10.1")]
    [InlineData("latest", "3.10.1")]
    [InlineData("eqscan-6207146", "eqscan-6207146")]
    public async Task Launch_TagOfAnImage_BecomesItsFullVersion(string tag, string expected)
    {
        JsonObject body = GoodLaunch();
        body["docker_tag"] = tag;
        string id = (await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString())).GetProperty("scan_id").GetString()!;
        Assert.Equal(expected, Dapr.Read<ScanRequestV1>(StateKeys.Request(id))!.DockerTag);
    }

    [Theory]
    [InlineData("9", "'docker_tag': image not found")]
    [InlineData("3.5.3", "'docker_tag': image not found")]
    [InlineData("some-branch", "'docker_tag': image not found")]
    [InlineData("3.0.9", "'docker_tag': image is too old; the oldest that is taken is 3.1.0")]
    [InlineData("v3.0", "'docker_tag': image is too old")]
    public async Task Launch_TagOfNoImage_IsRefused(string tag, string expected)
    {
        JsonObject body = GoodLaunch();
        body["docker_tag"] = tag;
        Assert.Contains(expected, await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString()));
        Assert.Empty(Dapr.Keys);
    }

    [Theory]
    [InlineData("local", 5, true)]
    [InlineData("local", 6, false)]
    [InlineData("far", 100, true)]
    [InlineData("far", 101, false)]
    public async Task Launch_WithTheWorkersOutput_TakesFewWorkersOnly(string place, int workers, bool taken)
    {
        JsonObject body = GoodLaunch();
        body["docker_tag"] = "latest";
        body["debug_mode"] = new JsonArray("client-logs");
        body["cluster"] = new JsonObject { [place] = workers };
        if (taken) await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
        else Assert.Contains("'debug_mode': with the workers' output at most", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString()));
    }
}

public sealed class ImageFolderTests : ApiHarness
{
    private static readonly string Folder = Directory.CreateTempSubdirectory("images").FullName;

    static ImageFolderTests()
    {
        foreach (string tag in new[] { "3.5.2", "3.6.0" }) Directory.CreateDirectory(Path.Combine(Folder, $"skymap_scanner:{tag}"));
        Directory.CreateSymbolicLink(Path.Combine(Folder, "skymap_scanner:latest"), Path.Combine(Folder, "skymap_scanner:3.5.2"));
    }

    public ImageFolderTests()
        : base($"SKYDRIVER_IMAGES=folder:{Folder}")
    {
    }

    [Theory]
    [InlineData("latest", "3.5.2")]
    [InlineData("v3", "3.6.0")]
    public async Task Launch_TagInAFolder_IsFound(string tag, string expected)
    {
        JsonObject body = GoodLaunch();
        body["docker_tag"] = tag;
        JsonElement manifest = await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
        Assert.Equal(expected, Dapr.Read<ScanRequestV1>(StateKeys.Request(manifest.GetProperty("scan_id").GetString()!))!.DockerTag);
    }

    [Fact]
    public async Task Launch_NewImageInTheFolder_IsFoundAfterAWhile()
    {
        JsonObject body = GoodLaunch();
        body["docker_tag"] = "5";
        await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", body.ToJsonString());
        Directory.CreateDirectory(Path.Combine(Folder, "skymap_scanner:5.0.0"));
        Clock.Advance(TimeSpan.FromSeconds(31));
        await OkAsync(HttpMethod.Post, "/scan", body.ToJsonString());
    }
}
