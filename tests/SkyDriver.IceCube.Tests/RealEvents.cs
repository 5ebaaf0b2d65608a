namespace SkyDriver.IceCube.Tests;

internal static class RealEvents
{
    public static readonly string[] Files = ["138632_31747601.json", "event_HESE_2017-11-28.json"];

    public static byte[] Bytes(string file) => File.ReadAllBytes(TestPaths.SharedData($"events/{file}"));

    public static IceCubeEvent Read(string file) => EventReader.Read(Bytes(file));
}
