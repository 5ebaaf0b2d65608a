using System.Globalization;
using System.Net;
using System.Text;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>Runs alone, as it counts what the whole process allocates.</summary>
[CollectionDefinition(nameof(LargeResults), DisableParallelization = true)]
public sealed class LargeResults;

/// <summary>Memory while results of 50 MB pass.</summary>
[Collection(nameof(LargeResults))]
public sealed class LargeResultTests : ApiHarness
{
    private const int ResultBytes = 50 << 20;
    private const long Megabyte = 1 << 20;

    [Fact]
    public async Task PutAndGet_FiftyMegabytes_NeverLieInMemoryWhole()
    {
        string id = await LaunchedAsync();
        byte[] body = Body();
        await PutAsync(id, body);   // what is made once is not counted
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long answered = await PutAsync(id, body);
        long put = GC.GetTotalAllocatedBytes(precise: true) - before;
        // The store of this test copies what it keeps.
        long kept = Dapr.Keys.Where(k => k.StartsWith($"result/{id}/", StringComparison.Ordinal)).Sum(k => (long)Dapr.SizeOf(k));
        Assert.True(answered > ResultBytes, $"{answered} bytes came back");
        Assert.True(put - kept < 20 * Megabyte, $"a PUT of {ResultBytes / Megabyte} MB allocated {put / Megabyte} MB, {kept / Megabyte} MB of them in the store");

        before = GC.GetTotalAllocatedBytes(precise: true);
        using HttpResponseMessage answer = await Http.GetAsync($"/scan/{id}/result", HttpCompletionOption.ResponseHeadersRead);
        answered = await DrainAsync(answer);
        long get = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.True(answered > ResultBytes, $"{answered} bytes came back");
        Assert.True(get < 10 * Megabyte, $"a GET of {ResultBytes / Megabyte} MB allocated {get / Megabyte} MB");
    }

    private async Task<long> PutAsync(string id, byte[] body)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, $"/scan/{id}/result") { Content = new ByteArrayContent(body) };
        using HttpResponseMessage answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await DrainAsync(answer);
    }

    private static async Task<long> DrainAsync(HttpResponseMessage answer)
    {
        byte[] buffer = new byte[64 << 10];
        await using Stream body = await answer.Content.ReadAsStreamAsync();
        long bytes = 0;
        for (int read; (read = await body.ReadAsync(buffer)) > 0;) bytes += read;
        return bytes;
    }

    private static byte[] Body()
    {
        Random random = new(1);
        StringBuilder text = new("{\"is_final\": false, \"skyscan_result\": {\"nside-512\": {\"columns\": [\"index\", \"llh\"], \"metadata\": {\"nside\": 512}, \"data\": [[0, 1]");
        for (int i = 1; text.Length < ResultBytes; i++) text.Append(CultureInfo.InvariantCulture, $", [{i}, {random.NextDouble():R}]");
        return Encoding.ASCII.GetBytes(text.Append("]}}}").ToString());
    }
}
