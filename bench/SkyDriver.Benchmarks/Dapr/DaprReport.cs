using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SkyDriver.Benchmarks.Dapr;

internal enum Protocol
{
    Http,
    Grpc,
}

/// <summary>Collects figures and writes them as tables, each beside the echo of its protocol.</summary>
internal sealed class DaprReport
{
    private readonly string _loadBefore = LoadAverage();
    private readonly StringBuilder _calls = new(), _messages = new(), _starts = new();
    private Figures _echo1 = null!, _echo2 = null!;

    public void Echo(Figures http1, Figures http2)
    {
        (_echo1, _echo2) = (http1, http2);
        Row("echo, bare Kestrel and HttpClient", "HTTP/1.1", http1, http1, "sockets and the scheduler");
        Row("echo, bare Kestrel and HttpClient", "HTTP/2", http2, http2, "one connection for all calls");
    }

    public void Call(string what, Protocol protocol, Figures figures, string limit) =>
        Row(what, protocol is Protocol.Http ? "HTTP" : "gRPC", figures, protocol is Protocol.Http ? _echo1 : _echo2, limit);

    public void Workflow(string what, Figures figures, string limit) => Row(what, "gRPC", figures, _echo2, limit);

    public void Messages(string what, double perSecond, string limit) =>
        _messages.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {perSecond:N0} | {perSecond / _echo1.PerSecond:0.00} | {limit} |");

    public void Start(TimeSpan sidecar, TimeSpan echo, long sidecarMemory, long echoMemory)
    {
        _starts.AppendLine(CultureInfo.InvariantCulture, $"| start of the process to healthz/outbound 204, ms | {sidecar.TotalMilliseconds:0} | {echo.TotalMilliseconds:0} | {sidecar / echo:0.0} | the runtime's own start, compiling what runs for the first time |");
        _starts.AppendLine(CultureInfo.InvariantCulture, $"| working set, idle, MB | {Megabytes(sidecarMemory):0} | {Megabytes(echoMemory):0} | {(double)sidecarMemory / echoMemory:0.0} | the runtime and code pages; the heap is small |");
    }

    public void Loaded(long memory) => _starts.AppendLine(CultureInfo.InvariantCulture, $"| working set after all of this, MB | {Megabytes(memory):0} | | | what the garbage collector keeps for the next load |");

    public string Write(TimeSpan took) => string.Create(CultureInfo.InvariantCulture, $"""
        # The embedded Dapr runtime

        The sidecar is a process of its own, compiled ahead of time as it is shipped (the echo is not); caller and app are another one, on the same {Environment.ProcessorCount} cores. {RuntimeInformation.FrameworkDescription},
        {Processor()}. The echo is a third process that sends bodies of {EchoBytes} bytes back, called by the same loops. Medians of three
        rounds after a warm-up; the whole run took {took.TotalSeconds:0} s. Load of the machine before and after: {_loadBefore}, {LoadAverage()}.

        ```
        dotnet publish apps/SkyDriver.Sidecar -r linux-x64 --no-self-contained
        dotnet run --project bench/SkyDriver.Benchmarks -- dapr
        ```

        | Call | Protocol | p50, µs | p99, µs | × echo | per second | echo's / this | What limits it |
        |---|---|--:|--:|--:|--:|--:|---|
        {_calls}
        p50 and p99 with one caller; per second with {Load.Workers} callers at once where nothing else is said.

        | Messages, published and delivered | per second | per echo call | What limits it |
        |---|--:|--:|---|
        {_messages}
        | Process | sidecar | echo | × echo | What limits it |
        |---|--:|--:|--:|---|
        {_starts}
        """).Replace("\r", "", StringComparison.Ordinal);

    private static int EchoBytes => DaprBench.BodyBytes;

    private void Row(string what, string protocol, Figures figures, Figures echo, string limit) => _calls.AppendLine(
        CultureInfo.InvariantCulture,
        $"| {what} | {protocol} | {figures.Median.TotalMicroseconds:N0} | {figures.Slow.TotalMicroseconds:N0} | {figures.Median / echo.Median:0.0} | {figures.PerSecond:N0} | {echo.PerSecond / figures.PerSecond:0.0} | {limit} |");

    private static double Megabytes(long bytes) => bytes / 1048576.0;

    private static string LoadAverage() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "not known";

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "a processor without a name"
        : RuntimeInformation.ProcessArchitecture.ToString();
}
