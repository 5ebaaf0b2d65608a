using System.Net;
using System.Text;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Tests.Hosting;

namespace SkyDriver.Sidecar.Tests.Api;

/// <summary>The HTTP port against requests made by chance; a seed makes the same ones again.</summary>
public sealed partial class MalformedInputTests
{
    private const int Requests = 3000;

    private static readonly string[] GoodBodies =
    [
        """[{"key":"a","value":{"b":[1,2.5e3,null,true]},"etag":"1","metadata":{"ttlInSeconds":"60"},"options":{"concurrency":"first-write","consistency":"strong"}}]""",
        """{"keys":["a","b"],"parallelism":2,"metadata":{}}""",
        """{"operations":[{"operation":"upsert","request":{"key":"a","value":1}},{"operation":"delete","request":{"key":"b"}}],"metadata":{"x":"y"}}""",
        """[{"entryId":"1","event":{"a":1},"contentType":"application/json","metadata":{}}]""",
        """{"specversion":"1.0","id":"1","source":"s","type":"t","data":{"a":1},"datacontenttype":"application/json","time":"2026-01-01T00:00:00Z"}""",
        """{"dueTime":"PT1S","period":"R5/PT1M","data":{"a":1},"ttl":"1h","failurePolicy":{"constant":{"interval":"1s","maxRetries":3}}}""",
        """{"operation":"create","data":"text","metadata":{"fileName":"x"}}""",
    ];

    private static readonly string[] Types = ["application/json", "application/cloudevents+json", "application/octet-stream", "text/plain; charset=utf-7", "application/grpc", "multipart/form-data; boundary="];

    private static readonly string[] HeaderNames = ["If-Match", "traceparent", "dapr-app-id", "metadata.ttlInSeconds", "Dapr-Reentrancy-Id", "Accept-Encoding", "Content-Encoding", "X-DaprRequestHeader"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Http_RequestsByChance_AreAnsweredInKind(int seed)
    {
        await using TestHost host = new(Components);
        RunningInstance running = await host.StartReadyAsync(new InstanceSettings { AppId = "app", ApiToken = Token });
        HttpClient http = host.Client(running, Token);
        Random chance = new(seed);
        (string Verb, string Route)[] routes = [.. HttpRoutes()];
        List<string> wrong = [];
        for (int i = 0; i < Requests; i++)
        {
            using HttpRequestMessage request = Make(chance, $"http://127.0.0.1:{running.HttpPort}", routes);
            using HttpResponseMessage response = await http.SendAsync(request);
            string answer = await response.Content.ReadAsStringAsync();
            bool isKnown = (int)response.StatusCode < 500 || Fives.Any(code => answer.Contains($"\"{code}\"", StringComparison.Ordinal));
            if (!isKnown || Leak().IsMatch(answer)) wrong.Add($"request {i}: {request.Method} {request.RequestUri} {(int)response.StatusCode} {answer[..Math.Min(answer.Length, 200)]}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Requests}:\n" + string.Join('\n', wrong.Take(20)));
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync("/v1.0/healthz")).StatusCode);
    }

    private static HttpRequestMessage Make(Random chance, string origin, (string Verb, string Route)[] routes)
    {
        (string verb, string route) = routes[chance.Next(routes.Length)];
        if (chance.Next(8) == 0) verb = Pick(chance, ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"]);
        StringBuilder path = new(Fill(route, chance.Next(Names.Length)));
        for (int edits = chance.Next(3); edits > 0; edits--) path.Insert(chance.Next(1, path.Length + 1), Pick(chance, ["/", "//", "%", "%2f", "..", "?", "&a=b", "metadata.x=1", ";", "|", "~"]));
        // As it stands: dots, double slashes and bad escapes are what is tried.
        HttpRequestMessage request = new(new HttpMethod(verb), new Uri($"{origin}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (verb is not "GET" || chance.Next(2) == 0)
        {
            request.Content = new ByteArrayContent(Mutate(chance, Encoding.UTF8.GetBytes(Pick(chance, GoodBodies))));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", Pick(chance, Types));
        }

        for (int more = chance.Next(3); more > 0; more--)
        {
            request.Headers.TryAddWithoutValidation(Pick(chance, HeaderNames), Pick(chance, ["", "0", "-1", "00-zz", "\"", "gzip, br", new string('y', 500), "app"]));
        }

        return request;
    }

    /// <summary>Takes bytes out, puts some in, changes some, or repeats a stretch.</summary>
    private static byte[] Mutate(Random chance, byte[] good)
    {
        List<byte> bytes = [.. good];
        for (int edits = chance.Next(6); edits > 0 && bytes.Count > 1; edits--)
        {
            int at = chance.Next(bytes.Count), length = chance.Next(1, Math.Min(20, bytes.Count - at) + 1);
            switch (chance.Next(4))
            {
                case 0: bytes.RemoveRange(at, length); break;
                case 1: bytes.Insert(at, (byte)chance.Next(256)); break;
                case 2: bytes[at] = (byte)"{}[],:\"\\0-e\u0000"[chance.Next(12)]; break;
                default: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            }
        }

        return [.. bytes];
    }

    private static string Pick(Random chance, string[] texts) => texts[chance.Next(texts.Length)];
}
