using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Apps.Tests.Worker.Agent;

/// <summary>As much of an S3-compatible store as staging asks for, on loopback: objects by path, listings by prefix. It takes any signature.</summary>
internal sealed class ObjectStoreDouble : IAsyncDisposable
{
    private readonly WebApplication app;
    private int faults, gets;

    private ObjectStoreDouble()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    /// <summary>By <c>BUCKET/KEY</c>.</summary>
    public ConcurrentDictionary<string, byte[]> Objects { get; } = [];

    public Uri Address => new(app.Urls.Single() + "/");

    /// <summary>Requests that fail before the next good one.</summary>
    public int Faults
    {
        set => faults = value;
    }

    public int Gets => gets;

    public static async Task<ObjectStoreDouble> StartAsync()
    {
        ObjectStoreDouble store = new();
        await store.app.StartAsync();
        return store;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!.Trim('/');
        if (Interlocked.Decrement(ref faults) >= 0)
        {
            context.Response.StatusCode = 503;
            return;
        }

        if (context.Request.Query.ContainsKey("list-type"))
        {
            await ListAsync(context, path, context.Request.Query["prefix"].ToString());
        }
        else if (context.Request.Method == "PUT")
        {
            Objects[path] = await BodyAsync(context.Request);
            context.Response.Headers.ETag = Tag(Objects[path]);
        }
        else if (Objects.TryGetValue(path, out byte[]? content))
        {
            context.Response.Headers.ETag = Tag(content);
            context.Response.ContentLength = content.Length;
            if (context.Request.Method == "HEAD") return;
            Interlocked.Increment(ref gets);
            await context.Response.Body.WriteAsync(content);
        }
        else
        {
            context.Response.StatusCode = 404;
            if (context.Request.Method != "HEAD") await context.Response.WriteAsync("<Error><Code>NoSuchKey</Code><Message>There is none.</Message></Error>");
        }
    }

    private Task ListAsync(HttpContext context, string bucket, string prefix)
    {
        StringBuilder answer = new($"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{bucket}</Name><IsTruncated>false</IsTruncated>");
        foreach ((string key, byte[] content) in Objects.Where(o => o.Key.StartsWith($"{bucket}/{prefix}", StringComparison.Ordinal)).OrderBy(o => o.Key, StringComparer.Ordinal))
            answer.Append(CultureInfo.InvariantCulture, $"<Contents><Key>{key[(bucket.Length + 1)..]}</Key><ETag>{Tag(content).Replace("\"", "&quot;", StringComparison.Ordinal)}</ETag><Size>{content.Length}</Size></Contents>");
        context.Response.ContentType = "application/xml";
        return context.Response.WriteAsync(answer.Append("</ListBucketResult>").ToString());
    }

    /// <summary>A body may come in signed pieces: <c>LENGTH;chunk-signature=…</c>, the bytes, and an empty one at the end.</summary>
    private static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        using MemoryStream all = new();
        await request.Body.CopyToAsync(all);
        byte[] raw = all.ToArray();
        if (!request.Headers["x-amz-content-sha256"].ToString().StartsWith("STREAMING", StringComparison.Ordinal)) return raw;
        using MemoryStream plain = new();
        for (int at = 0; at < raw.Length;)
        {
            int line = Array.IndexOf(raw, (byte)'\n', at);
            int length = int.Parse(Encoding.ASCII.GetString(raw, at, line - at).Split(';', '\r')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0) break;
            plain.Write(raw, line + 1, length);
            at = line + 1 + length + 2;
        }

        return plain.ToArray();
    }

    // As of an object that came in parts: no client takes it for a checksum.
    private static string Tag(byte[] content) => $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..32]}-1\"";
}
