import { runBroker } from 'brokersdk';
import { folderService } from './service.js';

await runBroker({ services: [folderService(process.env.FOLDER_ROOT ?? '/var/lib/folders')] });
