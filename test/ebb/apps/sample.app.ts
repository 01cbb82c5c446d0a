import { defineApp } from '#ebb';
import { SampleModule, sampleSettings } from './sample.module.js';

export default defineApp({ imports: [SampleModule], settings: [sampleSettings] });
