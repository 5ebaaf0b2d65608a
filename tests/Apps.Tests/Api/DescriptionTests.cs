using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>The description of the API says what the API is.</summary>
public sealed class DescriptionTests : ApiHarness
{
    /// <summary>Every route of both generations, with the role that is assumed without auth.</summary>
    private static readonly string[] Routes =
    [
        "GET / user", "GET /scans user", "POST /scan user", "GET /scan/manifest/{id} user", "DELETE /scan/manifest/{id} user", "PATCH /scan/manifest/{id} internal",
        "GET /scan/result/{id} user", "DELETE /scan/result/{id} user", "PUT /scan/result/{id} internal", "GET /scan/{id} user", "DELETE /scan/{id} user",
        "GET /scan/{id}/manifest user", "PATCH /scan/{id}/manifest internal", "GET /scan/{id}/result user", "PUT /scan/{id}/result internal", "GET /scan/{id}/status user",
        "GET /scan/{id}/logs user", "GET /scan/{id}/i3-event user", "GET /scan/{id}/events user", "GET /events user", "POST /scan/{id}/actions/rescan user",
        "POST /scan/{id}/actions/add-workers user", "GET /scan/{id}/ewms/workflow-id user", "POST /scan/{id}/ewms/workflow-id internal", "GET /scan/{id}/ewms/workforce user",
        "GET /scan/{id}/ewms/taskforces user", "GET /scan-request/{id} user", "POST /scans/find user", "GET /scans/backlog user",
        "POST /worker/{id}/hello worker", "POST /worker/{id}/work worker", "POST /worker/{id}/recos worker", "POST /worker/{id}/release worker", "GET /system/health user",
    ];

    [Fact]
    public async Task OpenApi_Paths_AreTheRoutesOfTheContract()
    {
        JsonElement document = await OkAsync(HttpMethod.Get, "/openapi.json");
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString());
        Assert.Equal(Routes.Order(), Calls(document).Where(c => !c.Call.TryGetProperty("tags", out JsonElement tags) || tags[0].GetString() != "fleet").Select(c => $"{c.Method.ToUpperInvariant()} {c.Path} {c.Call.GetProperty("security")[0].GetProperty("bearer")[0]}").Order());
    }

    [Fact]
    public async Task OpenApi_Paths_AreTheRoutesOfTheService()
    {
        string[] unlisted = ["/healthz/live", "/healthz/ready", "/healthz/startup", "/metrics", "/dapr/subscribe", "/messages/scan-events", "/messages/probes", "/openapi.json", "/openapi/v1.json", "/swagger.json", "/docs", "/.well-known/oauth-protected-resource", "/scan/manifest", "/scan/result"];
        IEnumerable<string> served = Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Select(e => (Path: "/" + e.RoutePattern.RawText!.TrimStart('/'), Methods: e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []))
            .Where(e => !unlisted.Contains(e.Path)).SelectMany(e => e.Methods.Where(m => m != "HEAD").Select(m => $"{m} {e.Path}"));
        Assert.Equal(served.Distinct().Order(), Calls(await OkAsync(HttpMethod.Get, "/openapi.json")).Select(c => $"{c.Method.ToUpperInvariant()} {c.Path}").Order());
    }

    [Fact]
    public async Task OpenApi_EveryCall_SaysWhatItIsForWhatItTakesAndWhatItAnswers()
    {
        JsonElement document = await OkAsync(HttpMethod.Get, "/openapi.json");
        Assert.All(Calls(document), call =>
        {
            Assert.EndsWith(".", call.Call.GetProperty("summary").GetString());
            Assert.Contains(call.Call.GetProperty("responses").EnumerateObject(), answer => answer.Name is "200" or "201");
            Assert.True(call.Call.GetProperty("responses").TryGetProperty("400", out _));
            Assert.Equal(call.Path.Contains('{'), call.Call.TryGetProperty("parameters", out JsonElement parameters) && parameters.EnumerateArray().Any(p => p.GetProperty("in").GetString() == "path"));
        });
        JsonElement body = document.GetProperty("paths").GetProperty("/scan").GetProperty("post").GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.Equal(["docker_tag", "nsides", "real_or_simulated_event", "reco_algo"], body.GetProperty("required").EnumerateArray().Select(r => r.GetString()!).Order());
        Assert.True(body.GetProperty("properties").GetProperty("cluster").GetProperty("deprecated").GetBoolean());
        JsonElement[] query = [.. document.GetProperty("paths").GetProperty("/scans").GetProperty("get").GetProperty("parameters").EnumerateArray()];
        Assert.Equal(["run_id", "event_id", "is_real_event", "include_deleted"], query.Select(p => p.GetProperty("name").GetString()!));
        Assert.Equal([true, true, true, false], query.Select(p => p.TryGetProperty("required", out JsonElement required) && required.GetBoolean()));
    }

    [Fact]
    public async Task OpenApi_ArgumentsOfALaunch_AreTakenByTheService()
    {
        JsonElement properties = (await OkAsync(HttpMethod.Get, "/openapi.json")).GetProperty("paths").GetProperty("/scan").GetProperty("post")
            .GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("properties");
        string everything = JsonSerializer.Serialize(properties.EnumerateObject().ToDictionary(p => p.Name, _ => new { }));
        Assert.DoesNotContain("unknown argument", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/scan", everything));
    }

    [Fact]
    public async Task Docs_Page_LoadsNothingFromElsewhere()
    {
        using HttpResponseMessage page = await Http.GetAsync("/docs");
        string html = await page.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.Contains("openapi.json", html);
        Assert.DoesNotContain("://", html);
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        string script = html[(html.IndexOf("<script>", StringComparison.Ordinal) + 8)..html.IndexOf("</script>", StringComparison.Ordinal)];
        Assert.Contains(Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(script))), policy);
    }

    private static IEnumerable<(string Path, string Method, JsonElement Call)> Calls(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from call in path.Value.EnumerateObject()
        select (path.Name, call.Name, call.Value);
}
