using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Hosting;
using SkyDriver.Worker;

namespace SkyDriver.Apps.Tests.Worker;

public class EventSourceTests
{
    [Fact]
    public async Task Fetch_ServiceComesUpLate_ReturnsTheEventObjectUntouched()
    {
        Service service = new(
            () => throw new HttpRequestException("refused"),
            () => new(HttpStatusCode.ServiceUnavailable),
            () => Json("""{"note": {"i3_event": 1}, "i3_event": {"value": {"x": [1,  2]}} , "more": 2}"""));
        ReadOnlyMemory<byte> json = await Source(service).FetchAsync(CancellationToken.None);
        Assert.Equal("""{"value": {"x": [1,  2]}}""", Encoding.UTF8.GetString(json.Span));
        Assert.Equal("http://api.invalid:8080/scan/scan-1/i3-event", service.Asked);
    }

    [Fact]
    public async Task Fetch_ScanUnknown_FailsAtOnce()
    {
        Service service = new(() => new(HttpStatusCode.NotFound));
        StartupException fault = await Assert.ThrowsAsync<StartupException>(() => Source(service).FetchAsync(CancellationToken.None));
        Assert.Contains("404", fault.Message);
        Assert.Equal(EventSource.NoEvent, fault.ExitCode);
        Assert.Equal(1, service.Calls);
    }

    [Fact]
    public async Task Fetch_ServiceNeverAnswers_GivesUpAfterTheTimeout()
    {
        Service service = new(() => throw new HttpRequestException("refused"));
        StartupException fault = await Assert.ThrowsAsync<StartupException>(() => Source(service).FetchAsync(CancellationToken.None));
        Assert.Contains("within 60 s", fault.Message);
        Assert.InRange(service.Calls, 5, 50);
    }

    [Theory]
    [InlineData("<html>", "not answer with JSON")]
    [InlineData("{\"i3_event\": {\"a\":", "not answer with JSON")]
    [InlineData("[1]", "without the member 'i3_event'")]
    [InlineData("{\"event\": {}}", "without the member 'i3_event'")]
    public async Task Fetch_AnswerIsNoEvent_SaysSo(string body, string expected)
    {
        StartupException fault = await Assert.ThrowsAsync<StartupException>(() => Source(new(() => Json(body))).FetchAsync(CancellationToken.None));
        Assert.Contains(expected, fault.Message);
    }

    private static EventSource Source(Service service) => new(
        new HttpClient(service),
        new() { Api = new("http://api.invalid:8080/"), ScanId = "scan-1", WorkerId = "w1", EventTimeout = TimeSpan.FromSeconds(60) },
        new SkippingClock(),
        NullLogger<EventSource>.Instance);

    private static HttpResponseMessage Json(string body) => new(HttpStatusCode.OK) { Content = new StringContent(body) };

    /// <summary>Gives the answers in turn, the last one for ever.</summary>
    private sealed class Service(params Func<HttpResponseMessage>[] answers) : HttpMessageHandler
    {
        public int Calls { get; private set; }

        public string? Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked = request.RequestUri!.AbsoluteUri;
            return Task.FromResult(answers[Math.Min(Calls++, answers.Length - 1)]());
        }
    }
}
