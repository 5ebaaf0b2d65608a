using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>What saves bytes and memory: tags, compression, streams.</summary>
public sealed class CachingTests : ApiHarness
{
    [Theory]
    [InlineData("/scan/manifest/ID")]
    [InlineData("/scan/ID/manifest")]
    [InlineData("/scan/ID/manifest?projection=progress")]
    [InlineData("/scan/ID/status")]
    [InlineData("/scan/result/ID")]
    [InlineData("/scan/ID/result")]
    public async Task Get_UnchangedSinceTheTag_IsNotSentAgain(string path)
    {
        string id = await LaunchedAsync();
        await PutAsync(id, 1, final: false);
        path = path.Replace("ID", id);
        string tag = await TagAsync(path);
        Assert.Equal((HttpStatusCode.NotModified, 0), await AskAsync(path, tag));
        Assert.Equal((HttpStatusCode.NotModified, 0), await AskAsync(path, $"\"other\", {tag}"));
        Assert.Equal((HttpStatusCode.NotModified, 0), await AskAsync(path, "*"));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(path, "\"other\"")).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(path, "nonsense")).Status);

        await PutAsync(id, 2, final: true);
        await OkAsync(HttpMethod.Patch, $"/scan/manifest/{id}", """{"progress": {"summary": "", "epilogue": "", "tallies": {}, "processing_stats": {"start": {}, "runtime": {}}, "predictive_scanning_threshold": 1, "last_updated": ""}}""");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(path, tag)).Status);
    }

    [Fact]
    public async Task Get_RefusedRequest_HasNoTag()
    {
        string id = await LaunchedAsync();
        await PutAsync(id, 1, final: false);
        string tag = await TagAsync($"/scan/result/{id}");
        await OkAsync(HttpMethod.Delete, $"/scan/result/{id}");
        var (response, _) = await SendAsync(HttpMethod.Get, $"/scan/result/{id}", null, ("If-None-Match", tag));
        Assert.Equal((HttpStatusCode.NotFound, null), (response.StatusCode, response.Headers.ETag));
    }

    [Theory]
    [InlineData("/scan/manifest/ID")]
    [InlineData("/scan/ID/result")]
    [InlineData("/scan/ID")]
    public async Task Get_ClientTakesGzip_GetsTheSameInFewerBytes(string path)
    {
        string id = await LaunchedAsync();
        await PutAsync(id, 1, final: false);
        path = path.Replace("ID", id);
        byte[] plain = await Http.GetByteArrayAsync(path);
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using HttpResponseMessage response = await Http.SendAsync(request);
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        byte[] packed = await response.Content.ReadAsByteArrayAsync();
        Assert.True(packed.Length < plain.Length);
        Assert.Equal(plain, Unpack(packed));
    }

    [Fact]
    public async Task Put_CompressedAndInPieces_IsTheSameResult()
    {
        string id = await LaunchedAsync();
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(Body(7, final: true)));
        using HttpRequestMessage request = new(HttpMethod.Put, $"/scan/{id}/result") { Content = new StreamContent(new MemoryStream(packed.ToArray())) };
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Table(7), JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("skyscan_result").GetRawText());
    }

    [Fact]
    public async Task Put_UnpacksToMoreThanTheLimit_IsRefusedAndNothingIsKept()
    {
        string id = await LaunchedAsync();
        int before = Dapr.Keys.Count;
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write("{\"is_final\": true, \"skyscan_result\": {\"a\": ["u8);
            byte[] zeros = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0,", 1 << 19)));
            for (int i = 0; i < 130; i++) gzip.Write(zeros);
        }

        using HttpRequestMessage request = new(HttpMethod.Put, $"/scan/{id}/result") { Content = new ByteArrayContent(packed.ToArray()) };
        request.Content.Headers.ContentEncoding.Add("gzip");
        using HttpResponseMessage response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal(before, Dapr.Keys.Count);
    }

    [Fact]
    public async Task Put_LargeResult_IsStoredWhileItStillComes()
    {
        string id = await LaunchedAsync();
        TaskCompletionSource chunkStored = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Dapr.OnSave = key =>
        {
            if (key.StartsWith($"result/{id}/", StringComparison.Ordinal)) chunkStored.TrySetResult();
        };
        using HttpRequestMessage request = new(HttpMethod.Put, $"/scan/{id}/result") { Content = new SlowResult(chunkStored.Task) };
        using HttpResponseMessage response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(Dapr.Keys.Count(k => k.StartsWith($"result/{id}/", StringComparison.Ordinal)) > 2);
    }

    [Fact]
    public async Task Put_SeveralResults_OldOnesGoAndTheOneBeforeStaysReadable()
    {
        string id = await LaunchedAsync();
        for (int i = 0; i < 6; i++) await PutAsync(id, i, final: false);
        Assert.Equal(3, Dapr.Keys.Count(k => k.StartsWith($"result/{id}/", StringComparison.Ordinal)));     // index, this one, the one before
    }

    [Theory]
    [InlineData("", "'skyscan_result' is a required property; 'is_final' is a required property")]
    [InlineData("  ", "'skyscan_result' is a required property")]
    [InlineData("null", "the body must be a JSON object")]
    [InlineData("[]", "the body must be a JSON object")]
    [InlineData("""{"skyscan_result": {"a": 1}, "is_final": true""", "the body is not valid JSON")]
    [InlineData("""{"skyscan_result": {"a": NaN}, "is_final": true}""", "the body is not valid JSON")]
    [InlineData("""{"skyscan_result": {"a": 1}, "is_final": true} x""", "the body is not valid JSON")]
    [InlineData("""{"skyscan_result": {"a": 1}, "skyscan_result": {"b": 1}, "is_final": true}""", "the body has a member twice")]
    [InlineData("""{"skyscan_result": {"a": 1}, "is_final": true, "is_final": true}""", "the body has a member twice")]
    [InlineData("""{"skyscan_result": null, "is_final": {"a": true}}""", "'skyscan_result' is a required property; 'is_final': must be type 'boolean'")]
    [InlineData("""{"skyscan_result": {"a": 1}, "is_final": "hunter2"}""", "'is_final': must be type 'boolean'")]
    [InlineData("""{"skyscan_result": "hunter2", "is_final": 1}""", "'skyscan_result': must be type 'object' (dict)")]
    [InlineData("""{"skyscan_result": {"a": 1}, "is_final": true, "hunter2": {"is_final": 1}}""", "1 unknown argument(s)")]
    public async Task Put_BadResult_IsRefusedAndNothingIsKept(string body, string expected)
    {
        string id = await LaunchedAsync();
        int before = Dapr.Keys.Count;
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Put, $"/scan/{id}/result", body);
        Assert.Contains(expected, reason);
        Assert.DoesNotContain("hunter2", reason + Log.Text);
        Assert.Equal(before, Dapr.Keys.Count);
    }

    [Fact]
    public async Task Put_NotUtf8OrWithAHugeText_IsRefused()
    {
        string id = await LaunchedAsync();
        using HttpResponseMessage latin = await Http.PutAsync($"/scan/{id}/result", new ByteArrayContent([.. "{\"is_final\": true, \"skyscan_result\": {\"a\": \""u8, 0xE9, .. "\"}}"u8]));
        Assert.Equal(HttpStatusCode.BadRequest, latin.StatusCode);
        string huge = $$$"""{"is_final": true, "skyscan_result": {"a": "{{{new string('x', 3 << 20)}}}"}}""";
        Assert.Contains("more than 1048576 bytes", await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Put, $"/scan/{id}/result", huge));
    }

    [Fact]
    public async Task Put_IsFinalInTheQuery_IsHeard()
    {
        string id = await LaunchedAsync();
        Assert.True((await OkAsync(HttpMethod.Put, $"/scan/{id}/result?is_final=True", """{"skyscan_result": {"a": 1}}""")).GetProperty("is_final").GetBoolean());
    }

    private async Task<string> TagAsync(string path)
    {
        using HttpResponseMessage response = await Http.GetAsync(path);
        return Assert.IsType<EntityTagHeaderValue>(response.Headers.ETag).ToString();
    }

    private async Task<(HttpStatusCode Status, int Bytes)> AskAsync(string path, string tag)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        using HttpResponseMessage response = await Http.SendAsync(request);
        return (response.StatusCode, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    private Task<JsonElement> PutAsync(string id, int llh, bool final) => OkAsync(HttpMethod.Put, $"/scan/{id}/result", Body(llh, final));

    private static string Body(int llh, bool final) => $"{{\"skyscan_result\": {Table(llh)}, \"is_final\": {(final ? "true" : "false")}}}";

    private static string Table(int llh) => $$$"""{"nside-8": {"columns": ["index", "llh"], "data": [{{{string.Join(',', Enumerable.Repeat($"[0, {llh}.5]", 100))}}}]}}""";

    private static byte[] Unpack(byte[] packed)
    {
        using GZipStream gzip = new(new MemoryStream(packed), CompressionMode.Decompress);
        MemoryStream plain = new();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    /// <summary>Sends numbers that do not compress well, and its end only once a part of it was stored.</summary>
    private sealed class SlowResult(Task chunkStored) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Random random = new(1);
            await stream.WriteAsync("{\"is_final\": true, \"skyscan_result\": {\"nside-8\": [0"u8.ToArray());
            for (int i = 0; i < 60; i++) await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 4000).Select(_ => $", {random.NextDouble():r}"))));
            await stream.FlushAsync();
            await chunkStored.WaitAsync(TimeSpan.FromSeconds(60));
            await stream.WriteAsync(", 1]}}"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
