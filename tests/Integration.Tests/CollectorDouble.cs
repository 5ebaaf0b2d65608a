using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Integration.Tests;

/// <summary>One span as it was sent.</summary>
/// <param name="Service">Name of the service that sent it.</param>
/// <param name="Parent">Empty for the first of a trace.</param>
internal sealed record SentSpan(string Service, string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Attributes);

/// <summary>Takes spans by OTLP over HTTP, as a collector does.</summary>
internal sealed class CollectorDouble : IAsyncDisposable
{
    private readonly WebApplication _app;

    private CollectorDouble(WebApplication app) => _app = app;

    public ConcurrentQueue<SentSpan> Spans { get; } = [];

    public string Address => _app.Urls.Single();

    public static async Task<CollectorDouble> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        CollectorDouble collector = new(builder.Build());
        collector._app.MapPost("/v1/traces", async (HttpContext context) =>
        {
            Assert.Equal("application/x-protobuf", context.Request.ContentType);
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            foreach (SentSpan span in Read(body.ToArray())) collector.Spans.Enqueue(span);
            return Results.Bytes([], "application/x-protobuf");
        });
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // Field numbers of opentelemetry/proto/trace/v1/trace.proto and its neighbours.
    private static IEnumerable<SentSpan> Read(byte[] request)
    {
        foreach (ByteString resourceSpans in Fields(ByteString.CopyFrom(request), 1))
        {
            string service = Fields(resourceSpans, 1).SelectMany(r => Fields(r, 1)).Select(Attribute).Single(a => a.Key == "service.name").Value;
            foreach (ByteString span in Fields(resourceSpans, 2).SelectMany(scope => Fields(scope, 2)))
            {
                Dictionary<string, string> attributes = [];
                foreach ((string key, string value) in Fields(span, 9).Select(Attribute)) attributes[key] = value;
                yield return new(service, Hex(span, 1), Hex(span, 2), Hex(span, 4), Fields(span, 5).Single().ToStringUtf8(), attributes);
            }
        }
    }

    private static KeyValuePair<string, string> Attribute(ByteString pair)
    {
        ByteString value = Fields(pair, 2).Single();
        string text = Fields(value, 1).FirstOrDefault()?.ToStringUtf8() ?? Numbers(value, 3).Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault() ?? "";
        return new(Fields(pair, 1).Single().ToStringUtf8(), text);
    }

    private static string Hex(ByteString span, int field) => Convert.ToHexStringLower(Fields(span, field).FirstOrDefault(ByteString.Empty).Span);

    private static List<ByteString> Fields(ByteString message, int field)
    {
        List<ByteString> found = [];
        CodedInputStream input = message.CreateCodedInput();
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == (uint)((field << 3) | 2)) found.Add(input.ReadBytes());
            else input.SkipLastField();
        }

        return found;
    }

    private static List<long> Numbers(ByteString message, int field)
    {
        List<long> found = [];
        CodedInputStream input = message.CreateCodedInput();
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == (uint)(field << 3)) found.Add(input.ReadInt64());
            else input.SkipLastField();
        }

        return found;
    }
}
