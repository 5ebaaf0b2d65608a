using System.Net;
using System.Text.Json;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Api;

public sealed class ResultTests : ApiHarness
{
    [Fact]
    public async Task Get_BeforeAndAfterPut_IsNotFoundThenTheTablesAsSent()
    {
        string id = await LaunchedAsync();
        Assert.Equal("the scan has no result yet", await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Get, $"/scan/result/{id}"));
        await PutAsync(id, 1, final: false);
        JsonElement result = await OkAsync(HttpMethod.Get, $"/scan/result/{id}");
        Assert.Equal((id, false, false), (result.GetProperty("scan_id").GetString(), result.GetProperty("is_final").GetBoolean(), result.GetProperty("is_deleted").GetBoolean()));
        Assert.Equal(Table(1), result.GetProperty("skyscan_result").GetRawText());
    }

    [Fact]
    public async Task Put_PartialAfterFinal_LeavesTheFinalOne()
    {
        string id = await LaunchedAsync();
        await PutAsync(id, 1, final: false);
        await PutAsync(id, 2, final: true);
        Assert.True(Dapr.Read<ScanManifest>(StateKeys.Manifest(id))!.Lifecycle.HasFinalResult);
        JsonElement answer = await PutAsync(id, 3, final: false);
        Assert.Equal((true, Table(2)), (answer.GetProperty("is_final").GetBoolean(), answer.GetProperty("skyscan_result").GetRawText()));
        Assert.Equal(Table(4), (await PutAsync(id, 4, final: true)).GetProperty("skyscan_result").GetRawText());
    }

    [Fact]
    public async Task Put_Empty_StoresNothing()
    {
        string id = await LaunchedAsync();
        Assert.Equal("{}", (await OkAsync(HttpMethod.Put, $"/scan/result/{id}", """{"skyscan_result": {}, "is_final": true}""")).GetRawText());
        await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Get, $"/scan/result/{id}");
        Assert.False(Dapr.Read<ScanManifest>(StateKeys.Manifest(id))!.Lifecycle.HasFinalResult);
    }

    [Theory]
    [InlineData("{}", "'skyscan_result' is a required property; 'is_final' is a required property")]
    [InlineData("""{"skyscan_result": [], "is_final": "perhaps"}""", "'skyscan_result': must be type 'object' (dict); 'is_final': must be type 'boolean'")]
    [InlineData("""{"skyscan_result": {"a": 1}, "is_final": true, "scan_id": "x"}""", "unknown argument")]
    public async Task Put_BadBody_SaysEveryFault(string body, string expected)
    {
        string id = await LaunchedAsync();
        Assert.Contains(expected, await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Put, $"/scan/result/{id}", body));
    }

    [Fact]
    public async Task Put_UnknownScan_MakesNoOrphan()
    {
        await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Put, "/scan/result/abc", Body(1, final: true));
        Assert.Empty(Dapr.Keys);
    }

    [Fact]
    public async Task Put_MoreThanOtherCallsMayBring_IsTaken()
    {
        string id = await LaunchedAsync();
        string table = $"{{\"nside-8\": [{string.Join(',', Enumerable.Repeat("[0, 812.44, 4100.2, 4388.9]", 800_000))}]}}";
        Assert.True(table.Length > 20 << 20);
        JsonElement answer = await OkAsync(HttpMethod.Put, $"/scan/result/{id}", $"{{\"is_final\": false, \"skyscan_result\": {table}}}");
        Assert.Equal(table, answer.GetProperty("skyscan_result").GetRawText());
    }

    [Fact]
    public async Task Delete_Twice_HidesTheResultUntilTheNextPut()
    {
        string id = await LaunchedAsync();
        Assert.Equal("the scan has no result", await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Delete, $"/scan/result/{id}"));
        await PutAsync(id, 1, final: false);
        for (int i = 0; i < 2; i++) Assert.True((await OkAsync(HttpMethod.Delete, $"/scan/result/{id}", "{}")).GetProperty("is_deleted").GetBoolean());
        await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Get, $"/scan/result/{id}");
        Assert.Equal(Table(1), (await OkAsync(HttpMethod.Get, $"/scan/result/{id}?include_deleted=True")).GetProperty("skyscan_result").GetRawText());
        Assert.False((await OkAsync(HttpMethod.Get, $"/scan/manifest/{id}")).GetProperty("is_deleted").GetBoolean());
        await PutAsync(id, 1, final: false);
        await OkAsync(HttpMethod.Get, $"/scan/result/{id}");
    }

    [Fact]
    public async Task Get_ScanAborted_ResultStaysReadable()
    {
        string id = await LaunchedAsync();
        await PutAsync(id, 1, final: true);
        await OkAsync(HttpMethod.Delete, $"/scan/manifest/{id}");
        Assert.True((await OkAsync(HttpMethod.Get, $"/scan/result/{id}")).GetProperty("is_final").GetBoolean());
    }

    private Task<JsonElement> PutAsync(string id, int llh, bool final) => OkAsync(HttpMethod.Put, $"/scan/result/{id}", Body(llh, final));

    private static string Body(int llh, bool final) => $"{{\"skyscan_result\": {Table(llh)}, \"is_final\": {(final ? "true" : "false")}}}";

    // Spacing, order and the text "nan" must survive.
    private static string Table(int llh) => $$$"""{"nside-8": {"metadata":  {"nside": 8}, "columns": ["index", "llh"], "data": [[0, {{{llh}}}.50], [1, "nan"]]}}""";
}
