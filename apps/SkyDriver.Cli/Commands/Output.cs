using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using SkyDriver.Contracts;
using Spectre.Console;

namespace SkyDriver.Cli.Commands;

/// <summary>Tables for people, documents for programs: one with <c>--json</c>, one a line with <c>--jsonl</c>.</summary>
internal sealed class Output(ParseResult parsed)
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print one JSON document." };
    public static readonly Option<bool> JsonLines = new("--jsonl") { Description = "Print one JSON document a line." };

    private const int BrokenPipe = 32;  // EPIPE

    private static readonly JsonSerializerOptions Compact = new(ContractJson.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    public bool IsLines { get; } = parsed.GetValue(JsonLines);

    public bool IsJson { get; } = parsed.GetValue(Json);

    public bool ForPeople => !IsLines && !IsJson;

    public void Write<T>(T document) => Console.Out.WriteLine(JsonSerializer.Serialize(document, IsLines ? Compact : Indented));

    public void WriteAll<T>(IReadOnlyList<T> documents)
    {
        if (!IsLines) Write(documents);
        else foreach (T document in documents) Write(document);
    }

    /// <summary>A table with a frame on a terminal; elsewhere each row is one line, so that other programs can cut it.</summary>
    /// <param name="columns">Empty for rows that name themselves.</param>
    public static void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<string>[] all = [.. rows];
        if (Console.IsOutputRedirected)
        {
            WriteLines(columns.Count == 0 ? all : [columns, .. all]);
            return;
        }

        Table table = new() { Border = TableBorder.Rounded, ShowHeaders = columns.Count > 0 };
        for (int i = 0; i < (columns.Count > 0 ? columns.Count : all[0].Count); i++) table.AddColumn(Markup.Escape(columns.ElementAtOrDefault(i) ?? ""));
        foreach (IReadOnlyList<string> row in all) table.AddRow([.. row.Select(Markup.Escape)]);
        AnsiConsole.Write(table);
    }

    private static void WriteLines(IReadOnlyList<string>[] lines)
    {
        if (lines.Length == 0) return;
        int[] widths = [.. Enumerable.Range(0, lines[0].Count).Select(column => lines.Max(line => line[column].Length))];
        foreach (IReadOnlyList<string> line in lines) Console.WriteLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    /// <summary>Makes a reader that goes away end the command: the runtime's own console would write on for ever.</summary>
    public static void NoticeReaders()
    {
        if (!Console.IsOutputRedirected || OperatingSystem.IsWindows()) return;
        FileStream output = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // A file has no reader that could go, and is shared with others who write to it.
        if (!output.CanSeek) Console.SetOut(new StreamWriter(output, new UTF8Encoding(false)) { AutoFlush = true });
    }

    public static bool IsNobodyReading(IOException fault) => fault.HResult == BrokenPipe;

    public static string Time(double unixSeconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)(Math.Clamp(unixSeconds, 0, 1e11) * 1000)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
